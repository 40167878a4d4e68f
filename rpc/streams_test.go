package rpc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

const peersList = `{"jsonrpc":"2.0","id":%d,"method":"peers.list"}`

func TestLineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		go func() {
			_, _ = fmt.Fprintf(p.in, peersList+"\r\n\r\n\n"+peersList+"\n \t\n"+peersList, 1, 2, 3)
			_ = p.in.Close()
		}()
		seen := map[string]bool{}
		for range 3 {
			seen[string(*p.answer().ID)] = true
		}
		<-p.served
		if p.err != nil || len(seen) != 3 {
			t.Errorf("answered %v, ended with %v", seen, p.err)
		}
	})
}

// TestLongLine: 4 MiB are a line, more are not, and the next line is as good as any.
func TestLongLine(t *testing.T) {
	const limit = 4 << 20
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		long := func(id, length int) string {
			line := fmt.Sprintf(peersList, id)
			return line + strings.Repeat(" ", length-len(line)) + "\n"
		}
		go func() {
			for i, line := range []string{long(1, limit), long(2, limit+1), long(3, 100), long(4, 5*limit), long(5, 100)} {
				if _, err := io.WriteString(p.in, line); err != nil {
					t.Errorf("line %d: %v", i, err)
				}
			}
		}()
		refused, answered := 0, ""
		for range 5 {
			switch m := p.answer(); {
			case m.Error == nil:
				answered += string(*m.ID)
			case m.ID == nil && m.Error.Code == -32600 && m.Error.Data.Kind == "tooLarge":
				refused++
			default:
				t.Errorf("answer %+v", m)
			}
		}
		if refused != 2 || len(answered) != 3 || strings.Trim(answered, "135") != "" {
			t.Errorf("%d lines refused, answered %s", refused, answered)
		}
	})
}

// TestLargeTexts are refused for what they are, and kindly.
func TestLargeTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room := p.room(peerOf(2))
		for _, c := range []struct {
			text string
			kind string
		}{
			{strings.Repeat("a", 5000), ""},
			{strings.Repeat("商", 5000), ""},
			{strings.Repeat("\\u0061", 5000), ""},
			{strings.Repeat("a", 5001), "tooLarge"},
			{strings.Repeat("𝄞", 4097), "tooLarge"}, // 4 bytes each
			{strings.Repeat("a", 1<<20), "tooLarge"},
			{strings.Repeat(" ", 1<<20), "tooLarge"},
		} {
			p.send(`{"jsonrpc":"2.0","id":1,"method":"messages.send","params":{"roomId":"` + room + `","text":"` + c.text + `"}}`)
			kind := ""
			if m := p.answer(); m.Error != nil {
				kind = m.Error.Data.Kind
			}
			if kind != c.kind {
				t.Errorf("%d bytes of %.6q: %q, want %q", len(c.text), c.text, kind, c.kind)
			}
		}
	})
}

// TestEndOfInput: everything read is answered before the end, and all of it durable.
func TestEndOfInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *slowStore
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{store: slow(50*time.Millisecond, &store)})
		room := p.room(peerOf(2))
		begin := time.Now()
		for i := range 500 {
			p.send(sendRequest(i+1, room, "x"))
		}
		_ = p.in.Close()
		<-p.served
		synctest.Wait()
		answers := 0
		for _, line := range p.all() {
			if m := p.parse(line); m.Method == "" && m.Error == nil {
				answers++
			}
		}
		rows, err := p.node.Messages(chat.RoomFor(p.id, peerOf(2)), chat.MessageID{}, true, 500)
		if answers != 500 || err != nil || len(rows) != 500 || p.err != nil {
			t.Errorf("%d answers, %d messages, %v; ended with %v", answers, len(rows), err, p.err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the end took %v", took)
		}
	})
}

// TestSignal: Serve's context ends in the middle of everything, the input still open: what was read is answered.
func TestSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{
			store: func(m *storetest.Mem) chat.Store { return &slowStore{Mem: m, wait: 100 * time.Millisecond} },
			link:  func(h *lan.Host) chat.Link { return deafLink{h} },
		})
		room := p.room(peerOf(2))
		p.send(
			sendRequest(1, room, "x"),
			`{"jsonrpc":"2.0","id":2,"method":"peers.add","params":{"address":"10.0.0.9:1"}}`,
			listRequest(3, room),
		)
		synctest.Wait() // all three are read, none is answered
		begin := time.Now()
		p.stop()
		<-p.served
		took := time.Since(begin)
		synctest.Wait()
		answered := map[string]string{}
		for _, line := range p.all() {
			if m := p.parse(line); m.ID != nil {
				answered[string(*m.ID)] = ""
				if m.Error != nil {
					answered[string(*m.ID)] = m.Error.Data.Kind
				}
			}
		}
		if got := fmt.Sprint(answered); got != "map[1: 2:unreachable 3:]" || took > 3*time.Second || p.err != nil {
			t.Errorf("answered %s, after %v, ended with %v", got, took, p.err)
		}
	})
}

// stuckWriter takes nothing until it is opened.
type stuckWriter struct {
	open chan struct{}
	to   io.Writer
}

func (w stuckWriter) Write(b []byte) (int, error) {
	<-w.open
	if w.to == nil {
		return 0, errors.New("closed")
	}
	return w.to.Write(b)
}

// TestReaderThatNeverReads: the end comes all the same.
func TestReaderThatNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{out: stuckWriter{open: open}})
		p.send(fmt.Sprintf(peersList, 1))
		begin := time.Now()
		_ = p.in.Close()
		<-p.served
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("the end took %v", took)
		}
		close(open)
	})
}

// TestBrokenOutput: nobody is there any more, so it ends and says why.
func TestBrokenOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		close(open)
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{out: stuckWriter{open: open}})
		<-p.served
		if p.err == nil {
			t.Error("no error")
		}
	})
}

// TestSlowReader: B does not read while A writes more than B's outbox holds. A is not slowed down, B has it all on disk,
// and once it reads again it learns how much it missed. What it is told after that is new.
func TestSlowReader(t *testing.T) {
	const count = 3000
	synctest.Test(t, func(t *testing.T) {
		network := lan.New(1, lan.Faults{})
		open := make(chan struct{})
		reader, writer := io.Pipe()
		a := start(t, network, 1, setup{})
		b := start(t, network, 2, setup{out: stuckWriter{open, writer}, limit: 1000})
		go b.collect(reader)
		t.Cleanup(func() { _ = reader.Close() })
		settle()
		room := a.room(b.id)
		id := chat.RoomFor(a.id, b.id)
		_, err := chat.Await(t.Context(), func(then func(chat.RoomView, error)) {
			b.node.OpenRoom(a.id, b.id, chat.ListingID{}, func(r chat.RoomView, _ bool, err error) { then(r, err) })
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for i := range count {
				_, _ = io.WriteString(a.in, sendRequest(i, room, fmt.Sprint(i))+"\n")
			}
		}()
		for range count {
			if m := a.answer(); m.Error != nil {
				t.Fatalf("%+v", *m.Error)
			}
		}
		for range 30 {
			settle()
		}
		state, err := b.node.Room(id)
		if err != nil || state.Unread != count {
			t.Fatalf("B holds %d messages, %v", state.Unread, err)
		}
		if lines := b.all(); len(lines) != 0 {
			t.Fatalf("B read %d lines", len(lines))
		}

		close(open)
		settle()
		dropped, received := 0, 0
		for i, line := range b.all() {
			m := b.parse(line)
			switch {
			case i == 0 && m.Method != "ready":
				t.Fatalf("first came %s", line)
			case m.Method == "lagged":
				var params struct{ Dropped int }
				if err := json.Unmarshal(m.Params, &params); err != nil {
					t.Fatal(err)
				}
				dropped += params.Dropped
			case m.Method == "message.received":
				received++
			}
		}
		if dropped == 0 || received+dropped < count {
			t.Errorf("told of %d messages and %d dropped", received, dropped)
		}
		t.Logf("told of %d messages, %d dropped", received, dropped)
		a.send(sendRequest(0, room, "and now"))
		if m := b.notice("message.received"); !strings.Contains(string(m.Params), "and now") {
			t.Errorf("received %s", m.Params)
		}
	})
}

// TestStuckOutputHoldsRequestsBack: answers are never dropped; instead requests wait to be read.
func TestStuckOutputHoldsRequestsBack(t *testing.T) {
	const count = 20_000
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		reader, writer := io.Pipe()
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{out: stuckWriter{open, writer}})
		go p.collect(reader)
		t.Cleanup(func() { _ = reader.Close() })
		var written atomic.Int64
		go func() {
			for i := range count {
				_, _ = fmt.Fprintf(p.in, peersList+"\n", i)
				written.Add(1)
			}
		}()
		settle()
		if n := written.Load(); n > 12_000 {
			t.Errorf("%d requests were read although nobody reads the answers", n)
		}
		close(open)
		for range count {
			if m := p.answer(); m.Error != nil {
				t.Fatalf("%+v", *m.Error)
			}
		}
	})
}
