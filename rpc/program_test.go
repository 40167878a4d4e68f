package rpc_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
	"haggle/rpc"
	"haggle/text"
)

// program is an endpoint with a node behind it, as another program sees it: it writes lines and reads lines.
type program struct {
	t      testing.TB
	id     chat.PeerID
	node   *chat.Node
	in     *io.PipeWriter
	stop   context.CancelFunc // as a signal does
	served chan struct{}
	err    error // of Serve, once served is closed

	mu    sync.Mutex
	lines []string
	more  chan struct{} // a value when a line came
	end   bool
}

// setup is what of a program a test wants otherwise.
type setup struct {
	store func(*storetest.Mem) chat.Store
	link  func(*lan.Host) chat.Link
	out   io.Writer // instead of the program's reader
	limit int       // of notices in the outbox, if not 0
}

// start runs a program for the identity whose seed is seed repeated, until the test ends.
func start(t testing.TB, network *lan.LAN, seed byte, s setup) *program {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	self := chat.Identity{ID: chat.PeerID(key.Public().(ed25519.PublicKey)), Key: key, Device: lan.Device(uint64(seed))}
	mem := storetest.NewMem(self.ID)
	host := network.Attach(chat.Remote{Peer: self.ID, Device: self.Device}, 0)
	var store chat.Store = mem
	if s.store != nil {
		store = s.store(mem)
	}
	var link chat.Link = host
	if s.link != nil {
		link = s.link(host)
	}

	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	p := &program{t: t, id: self.ID, in: inWriter, served: make(chan struct{}), more: make(chan struct{}, 1)}
	out := s.out
	if out == nil {
		out = outWriter
	}
	endpoint := rpc.New(rpc.Config{In: inReader, Out: out, Version: "1.2.3", Prepare: prepare})
	if s.limit != 0 {
		endpoint.LimitNotices(s.limit)
	}
	node, err := chat.New(chat.Config{
		Self: self, Store: store, Link: link, Blobs: mem, CheckPicture: checkPicture, Name: fmt.Sprintf("Peer %d", seed), Notify: endpoint.Notify,
		Rand: rand.NewChaCha8([32]byte{seed}), Blank: text.Blank, Skeleton: text.Skeleton,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.node = node
	nodeCtx, stopNode := context.WithCancel(t.Context())
	serveCtx, stop := context.WithCancel(t.Context())
	p.stop = stop
	ran, collected := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ran)
		_ = node.Run(nodeCtx)
	}()
	go func() {
		defer close(p.served)
		p.err = endpoint.Serve(serveCtx, node)
		_ = outWriter.Close()
	}()
	go func() {
		defer close(collected)
		p.collect(outReader)
	}()
	t.Cleanup(func() {
		stop()
		_ = inWriter.Close()
		_ = outReader.Close()
		<-p.served
		<-collected
		stopNode()
		<-ran
		host.Detach()
		_ = mem.Close()
	})
	return p
}

// collect keeps what the endpoint writes.
func (p *program) collect(r io.Reader) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		p.mu.Lock()
		if err != nil {
			p.end = true
		} else {
			p.lines = append(p.lines, strings.TrimSuffix(line, "\n"))
		}
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// send writes lines to the endpoint.
func (p *program) send(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, strings.Join(lines, "\n")+"\n"); err != nil {
		p.t.Error(err)
	}
}

// next is the next line the endpoint wrote.
func (p *program) next() string {
	p.t.Helper()
	for {
		p.mu.Lock()
		if len(p.lines) > 0 {
			line := p.lines[0]
			p.lines = p.lines[1:]
			p.mu.Unlock()
			return line
		}
		end := p.end
		p.mu.Unlock()
		if end {
			p.t.Fatal("the output ended")
		}
		<-p.more
	}
}

// all is what the endpoint wrote by now.
func (p *program) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.lines
	p.lines = nil
	return lines
}

// message is any line.
type message struct {
	Version string           `json:"jsonrpc"`
	ID      *json.RawMessage `json:"id"`
	Method  string           `json:"method"`
	Params  json.RawMessage  `json:"params"`
	Result  json.RawMessage  `json:"result"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    struct {
			Kind string `json:"kind"`
		} `json:"data"`
	} `json:"error"`
}

func (p *program) parse(line string) message {
	p.t.Helper()
	var m message
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
	return m
}

// answer skips to the next line with an id.
func (p *program) answer() message {
	p.t.Helper()
	for {
		if m := p.parse(p.next()); m.Method == "" {
			return m
		}
	}
}

// notice skips to the next notification of a method.
func (p *program) notice(method string) message {
	p.t.Helper()
	for {
		if m := p.parse(p.next()); m.Method == method {
			return m
		}
	}
}

// ask sends a request and returns the result's field, which must be there; it skips notifications.
func (p *program) ask(method, params, field string) json.RawMessage {
	p.t.Helper()
	p.send(`{"jsonrpc":"2.0","id":0,"method":"` + method + `","params":` + params + `}`)
	m := p.answer()
	if m.Error != nil {
		p.t.Fatalf("%s: %+v", method, *m.Error)
	}
	if field == "" {
		return m.Result
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(m.Result, &fields); err != nil || fields[field] == nil {
		p.t.Fatalf("%s: %s without %s", method, m.Result, field)
	}
	return fields[field]
}

// room opens the room in which p buys from a seller.
func (p *program) room(seller chat.PeerID) string {
	p.t.Helper()
	p.ask("rooms.open", `{"seller":"`+seller.String()+`"}`, "room")
	return chat.RoomFor(p.id, seller).String()
}

// settle lets everything happen that the next virtual second brings.
func settle() {
	<-time.After(time.Second)
	synctest.Wait()
}

func peerOf(seed byte) chat.PeerID {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return chat.PeerID(key.Public().(ed25519.PublicKey))
}
