// Package bare does for each message what nothing that promises what Haggle does can do without, and nothing else: the
// sender signs it, has it on its disk and sends it over TLS; the receiver checks it, has it on its disk, shows it and sends
// a signed receipt; the sender checks that. One goroutine does all of it on each side, nothing is kept in order or found
// again, and nothing is ever cleaned up. What it takes is what the machine takes.
//
// The common case: Run an end that listens and one that dials it; see package ends for how they are driven.
package bare

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"

	"haggle/bench/ends"
)

const (
	signedFrom = ed25519.SignatureSize
	numberSize = 8
)

var errForged = errors.New("something is not signed as it should be")

// Config says what an end is. One of Listen and Dial is set.
type Config struct {
	Dir          string
	Listen, Dial string
	TLS          func(ed25519.PrivateKey) (*tls.Config, error)
}

// end is one end.
type end struct {
	key    ed25519.PrivateKey
	author ed25519.PublicKey // of what comes
	disk   *Disk
	conn   *tls.Conn
}

// Run runs an end until its input ends.
func Run(cfg Config) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	e := &end{key: key}
	if e.disk, err = NewDisk(cfg.Dir); err != nil {
		return err
	}
	defer e.disk.Close()
	if err := e.meet(cfg); err != nil {
		return err
	}
	defer func() { _ = e.conn.Close() }()
	ends.Tell(ends.Linked, 1)
	if cfg.Dial != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // the driver's end is this end's
			_ = e.conn.Close()
		}()
		if err := e.receive(); !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	}
	return ends.Messages(func(texts [][]byte) error {
		for _, text := range texts {
			if err := e.send(text); err != nil {
				return err
			}
		}
		return nil
	})
}

// meet makes the connection.
func (e *end) meet(cfg Config) error {
	config, err := cfg.TLS(e.key)
	if err != nil {
		return err
	}
	if cfg.Dial != "" {
		if e.conn, err = tls.Dial("tcp", cfg.Dial, config); err != nil {
			return err
		}
		ends.TellReady("")
	} else {
		listener, err := net.Listen("tcp", cfg.Listen)
		if err != nil {
			return err
		}
		defer func() { _ = listener.Close() }()
		ends.TellReady(listener.Addr().String())
		raw, err := listener.Accept()
		if err != nil {
			return err
		}
		e.conn = tls.Server(raw, config)
	}
	if err := e.conn.Handshake(); err != nil {
		return err
	}
	var ok bool
	if e.author, ok = e.conn.ConnectionState().PeerCertificates[0].PublicKey.(ed25519.PublicKey); !ok {
		return errForged
	}
	return nil
}

// send is the sender's way of one message, from its text to the receipt.
func (e *end) send(text []byte) error {
	m := append(make([]byte, signedFrom, signedFrom+len(text)), text...)
	copy(m, ed25519.Sign(e.key, m[signedFrom:]))
	if err := e.disk.Write(m); err != nil {
		return err
	}
	if err := e.disk.Sync(); err != nil {
		return err
	}
	if _, err := e.conn.Write(append([]byte{byte(len(m))}, m...)); err != nil {
		return err
	}
	ends.Tell(ends.Accepted, 1)
	var receipt [signedFrom + numberSize]byte
	if _, err := io.ReadFull(e.conn, receipt[:]); err != nil {
		return err
	}
	if !ed25519.Verify(e.author, receipt[signedFrom:], receipt[:signedFrom]) {
		return errForged
	}
	if err := e.disk.Write(receipt[:]); err != nil { // not synced: the other side can tell it again
		return err
	}
	ends.Tell(ends.Delivered, 1)
	return nil
}

// receive is the receiver's way of all messages.
func (e *end) receive() error {
	in := bufio.NewReader(e.conn)
	for {
		size, err := in.ReadByte()
		if err != nil {
			return err
		}
		m := make([]byte, size)
		if _, err := io.ReadFull(in, m); err != nil {
			return err
		}
		if len(m) < signedFrom || !ed25519.Verify(e.author, m[signedFrom:], m[:signedFrom]) {
			return errForged
		}
		if err := e.disk.Write(m); err != nil {
			return err
		}
		receipt := make(chan []byte, 1)
		go func() { // while the disk is at work
			b := make([]byte, signedFrom+numberSize)
			copy(b, ed25519.Sign(e.key, b[signedFrom:]))
			receipt <- b
		}()
		if err := e.disk.Sync(); err != nil {
			return err
		}
		if _, err := e.conn.Write(<-receipt); err != nil {
			return err
		}
		ends.Tell(ends.Received, 1)
	}
}
