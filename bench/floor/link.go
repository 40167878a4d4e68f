package floor

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"haggle/bench/ends"
)

// A frame is its length in four bytes, a kind, and the rest.
const (
	kindHave     = 1 // newest number held of the other's
	kindMessages = 2 // each with its length in two bytes
	kindReceipt  = 3 // newest number held of the other's, after the commit

	frameMost = 256 // messages
	bytesMost = 256 << 10
)

var errFrame = errors.New("a frame is malformed")

// network starts listening or dialling; stop ends all links.
func (n *node) network() (stop func(), err error) {
	config, err := TLSConfig(n.key)
	if err != nil {
		return nil, err
	}
	var links sync.WaitGroup
	var conn net.Conn
	var listener net.Listener
	if n.cfg.Dial != "" {
		if conn, err = tls.Dial("tcp", n.cfg.Dial, config); err != nil {
			return nil, err
		}
		links.Go(func() { n.link(conn.(*tls.Conn)) }) //nolint:forcetypeassert // tls.Dial's
		ends.TellReady("")
	} else {
		if listener, err = tls.Listen("tcp", n.cfg.Listen, config); err != nil {
			return nil, err
		}
		links.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				links.Go(func() { n.link(conn.(*tls.Conn)) }) //nolint:forcetypeassert // the listener's
			}
		})
		ends.TellReady(listener.Addr().String())
	}
	return func() {
		n.mu.Lock()
		n.ended = true
		n.told.Broadcast()
		n.mu.Unlock()
		if listener != nil {
			_ = listener.Close()
		}
		if conn != nil {
			_ = conn.Close()
		}
		links.Wait()
	}, nil
}

// TLSConfig is of a link between two who know one another by their keys.
func TLSConfig(key ed25519.PrivateKey) (*tls.Config, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(50, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth: tls.RequireAnyClientCert, InsecureSkipVerify: true, //nolint:gosec // the key is the identity
		SessionTicketsDisabled: true, DynamicRecordSizingDisabled: true,
	}, nil
}

// link runs one connection to its end.
func (n *node) link(conn *tls.Conn) {
	defer func() { _ = conn.Close() }()
	if err := conn.Handshake(); err != nil {
		return
	}
	author, ok := conn.ConnectionState().PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok {
		return
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	n.mu.Lock()
	theirs := n.theirs
	n.mu.Unlock()
	if _, err := conn.Write(number(kindHave, theirs)); err != nil {
		return
	}
	kind, body, err := readFrame(in)
	if err != nil || kind != kindHave || len(body) != 8 {
		return
	}
	ends.Tell(ends.Linked, 1)
	over := false // guarded by mu
	var writing sync.WaitGroup
	writing.Go(func() {
		_ = n.send(conn, binary.BigEndian.Uint64(body), theirs, &over)
		_ = conn.Close()
	})
	_ = n.receive(in, author, theirs) // how it ends does not matter
	n.mu.Lock()
	over = true
	n.told.Broadcast()
	n.mu.Unlock()
	writing.Wait()
}

// receive takes frames until the link ends.
func (n *node) receive(in *bufio.Reader, author ed25519.PublicKey, held uint64) error {
	for {
		kind, body, err := readFrame(in)
		if err != nil {
			return err
		}
		switch kind {
		case kindMessages:
			var messages [][]byte
			for len(body) > 0 {
				if len(body) < 2 || len(body) < 2+int(binary.BigEndian.Uint16(body)) {
					return errFrame
				}
				end := 2 + int(binary.BigEndian.Uint16(body))
				messages = append(messages, body[2:end:end])
				body = body[end:]
			}
			if err := verify(author, held, messages); err != nil {
				return err
			}
			held += uint64(len(messages))
			n.work <- work{messages: messages, last: held}
		case kindReceipt:
			ends.Tell(ends.Delivered, 1)
		default:
			return errFrame
		}
	}
}

// send writes receipts for what was kept and own messages from next on, until the link is over.
func (n *node) send(conn io.Writer, held, acknowledged uint64, over *bool) error {
	out := bufio.NewWriterSize(conn, 16<<10)
	for {
		n.mu.Lock()
		for !n.ended && !*over && n.theirs == acknowledged && n.own == held {
			if out.Buffered() == 0 {
				n.told.Wait()
				continue
			}
			n.mu.Unlock()
			if err := out.Flush(); err != nil {
				return err
			}
			n.mu.Lock()
		}
		if n.ended || *over {
			n.mu.Unlock()
			return nil
		}
		receipt := n.theirs
		fresh := n.own - held
		var messages [][]byte
		if fresh > 0 && fresh <= uint64(len(n.recent)) {
			messages = n.recent[uint64(len(n.recent))-fresh:]
		}
		n.mu.Unlock()
		if receipt != acknowledged {
			acknowledged = receipt
			if _, err := out.Write(number(kindReceipt, receipt)); err != nil {
				return err
			}
		}
		if fresh == 0 {
			continue
		}
		if messages == nil {
			last, err := n.stream(out, held)
			if err != nil {
				return err
			}
			held = last
			continue
		}
		for len(messages) > 0 {
			some := min(len(messages), frameMost)
			if err := writeMessages(out, messages[:some]); err != nil {
				return err
			}
			held += uint64(some)
			messages = messages[some:]
		}
	}
}

// stream writes the messages behind after straight from an iterator; it returns the last.
func (n *node) stream(out *bufio.Writer, after uint64) (uint64, error) {
	err := n.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{ownKey}, PrefetchValues: true, PrefetchSize: frameMost})
		defer it.Close()
		var frame [][]byte
		for it.Seek(keyOf(ownKey, after+1)); it.Valid(); it.Next() {
			m, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			if frame = append(frame, m); len(frame) == frameMost {
				if err := writeMessages(out, frame); err != nil {
					return err
				}
				after += uint64(len(frame))
				frame = frame[:0]
			}
		}
		after += uint64(len(frame))
		return writeMessages(out, frame)
	})
	return after, err
}

func writeMessages(out *bufio.Writer, messages [][]byte) error {
	if len(messages) == 0 {
		return nil
	}
	size := 1
	for _, m := range messages {
		size += 2 + len(m)
	}
	b := make([]byte, 0, 4+size)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, kindMessages)
	for _, m := range messages {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m)))
		b = append(b, m...)
	}
	_, err := out.Write(b)
	return err
}

func number(kind byte, n uint64) []byte {
	b := binary.BigEndian.AppendUint32(nil, 9)
	return binary.BigEndian.AppendUint64(append(b, kind), n)
}

func readFrame(in *bufio.Reader) (kind byte, body []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > bytesMost {
		return 0, nil, fmt.Errorf("%d bytes: %w", size, errFrame)
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(in, body); err != nil {
		return 0, nil, err
	}
	return body[0], body[1:], nil
}
