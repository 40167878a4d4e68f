package rpc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

func sendRequest(id int, room, text string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"messages.send","params":{"roomId":%q,"text":%q}}`, id, room, text)
}

func listRequest(id int, room string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"messages.list","params":{"roomId":%q,"limit":500}}`, id, room)
}

// pages reads answers to listRequests: how many messages each page had, by id.
func (p *program) pages(answers int) map[string]int {
	p.t.Helper()
	counts := map[string]int{}
	for range answers {
		m := p.answer()
		if m.Error != nil {
			p.t.Fatalf("%s: %+v", *m.ID, *m.Error)
		}
		var page struct{ Messages []json.RawMessage }
		if err := json.Unmarshal(m.Result, &page); err != nil {
			p.t.Fatal(err)
		}
		if page.Messages != nil {
			counts[string(*m.ID)] = len(page.Messages)
		}
	}
	return counts
}

// slowStore is a store whose disk takes its time, and that counts what it is asked.
type slowStore struct {
	*storetest.Mem
	wait    time.Duration
	commits atomic.Int64
}

func slow(wait time.Duration, to **slowStore) func(*storetest.Mem) chat.Store {
	return func(m *storetest.Mem) chat.Store {
		*to = &slowStore{Mem: m, wait: wait}
		return *to
	}
}

func (s *slowStore) Commit(b chat.Batch, done func(error)) {
	s.commits.Add(1)
	time.AfterFunc(s.wait, func() { s.Mem.Commit(b, done) })
}

func (s *slowStore) SetDraft(room chat.RoomID, text string, at time.Time) error {
	<-time.After(s.wait)
	return s.Mem.SetDraft(room, text, at)
}

// TestLineOrder: what concerns one room takes effect in line order, whatever it is and however long it takes.
func TestLineOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *slowStore
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{store: slow(2*time.Millisecond, &store)})
		room := p.room(peerOf(2))
		var lines []string
		for round := range 20 {
			for n := range round % 4 {
				lines = append(lines, sendRequest(1000+n, room, "x"))
			}
			lines = append(lines, listRequest(round, room), listRequest(round+100, room))
			if round%5 == 0 {
				lines = append(lines, fmt.Sprintf(`{"jsonrpc":"2.0","id":2000,"method":"rooms.setDraft","params":{"roomId":%q,"text":"%d"}}`, room, round))
			}
		}
		p.send(lines...)
		counts := p.pages(len(lines))
		want := 0
		for round := range 20 {
			want += round % 4
			for _, id := range []int{round, round + 100} {
				if got := counts[fmt.Sprint(id)]; got != want {
					t.Errorf("list %d shows %d messages, %d were sent before it", id, got, want)
				}
			}
		}
	})
}

// TestOpenIsInOrder: a room that is opened can be used in the next line, and a deleted one is gone.
func TestOpenIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *slowStore
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{store: slow(time.Millisecond, &store)})
		seller := peerOf(2)
		room := chat.RoomFor(p.id, seller).String()
		p.send(
			listRequest(1, room),
			`{"jsonrpc":"2.0","id":2,"method":"rooms.open","params":{"seller":"`+seller.String()+`"}}`,
			sendRequest(3, room, "one"),
			`{"jsonrpc":"2.0","id":4,"method":"messages.cancel","params":{"messageId":"`+room+`.b0100000000000000.1"}}`,
			`{"jsonrpc":"2.0","id":5,"method":"messages.markRead","params":{"roomId":"`+room+`","upTo":"`+room+`.b0100000000000000.1"}}`,
			`{"jsonrpc":"2.0","id":6,"method":"rooms.delete","params":{"roomId":"`+room+`"}}`,
			listRequest(7, room),
			sendRequest(8, room, "two"),
			listRequest(9, room),
		)
		for _, want := range []string{
			`1: notFound`, `2: room`, `3: waiting`, `4: withdrawn`, `5: unread`, `6: {}`, `7: {"messages":[]}`, `8: waiting`, `9: "two"`,
		} {
			m := p.answer()
			got := string(*m.ID) + ": " + string(m.Result)
			if m.Error != nil {
				got += m.Error.Data.Kind
			}
			id, part, _ := strings.Cut(want, ": ")
			if !strings.HasPrefix(got, id+": ") || !strings.Contains(got, part) {
				t.Errorf("answer %s, want %s", got, want)
			}
		}
	})
}

// TestPipelinedSends: ten thousand lines at once keep their order and share few syncs.
func TestPipelinedSends(t *testing.T) {
	const count = 10_000
	synctest.Test(t, func(t *testing.T) {
		var store *slowStore
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{store: slow(2*time.Millisecond, &store)})
		room := p.room(peerOf(2))
		before := store.commits.Load()
		go func() {
			var b strings.Builder
			for i := range count {
				b.WriteString(sendRequest(i+1, room, fmt.Sprint(i+1)) + "\n")
			}
			_, _ = io.WriteString(p.in, b.String())
		}()
		for i := range count {
			m := p.answer()
			var result struct {
				Message struct {
					Seq  int
					Text string
				}
			}
			if err := json.Unmarshal(m.Result, &result); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprint(i + 1)
			if string(*m.ID) != want || result.Message.Seq != i+1 || result.Message.Text != want {
				t.Fatalf("answer %d is %s: %+v", i+1, *m.ID, result)
			}
		}
		if commits := store.commits.Load() - before; commits > 400 {
			t.Errorf("%d messages took %d commits", count, commits)
		} else {
			t.Logf("%d messages, %d commits", count, commits)
		}
	})
}

// deafLink never reaches an address.
type deafLink struct{ chat.Link }

func (l deafLink) Dial(ctx context.Context, _ string, _ chat.PeerID) (chat.PeerID, error) {
	<-ctx.Done()
	return chat.PeerID{}, ctx.Err()
}

// TestSlowAddBlocksNobody: an address where nobody answers takes less than 5 s, and everything else goes on meanwhile.
func TestSlowAddBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{link: func(h *lan.Host) chat.Link { return deafLink{h} }})
		begin := time.Now()
		for i := range 100 {
			p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":"add %d","method":"peers.add","params":{"address":"10.0.0.9:1"}}`, i))
		}
		room := p.room(peerOf(2))
		p.send(sendRequest(7, room, "x"))
		if m := p.answer(); string(*m.ID) != "7" || time.Since(begin) > 100*time.Millisecond {
			t.Fatalf("answer %s after %v", *m.ID, time.Since(begin))
		}
		for range 100 {
			if m := p.answer(); m.Error == nil || m.Error.Data.Kind != "unreachable" {
				t.Fatalf("answer %+v", m)
			}
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the adds took %v", took)
		}
	})
}

// TestAddIsAnsweredBeforeOnline: news of a peer comes after the answer that brought it.
func TestAddIsAnsweredBeforeOnline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := lan.New(1, lan.Faults{})
		quiet := func(h *lan.Host) chat.Link { return &lateLink{Host: h, until: t.Context()} }
		p := start(t, network, 1, setup{link: quiet})
		start(t, network, 2, setup{link: quiet})
		settle()
		p.all()
		p.send(`{"jsonrpc":"2.0","id":1,"method":"peers.add","params":{"address":"10.0.0.2:42445"}}`)
		settle()
		settle()
		var got []string
		for _, line := range p.all() {
			m := p.parse(line)
			got = append(got, m.Method)
		}
		if len(got) != 2 || got[0] != "" || got[1] != "peer.online" {
			t.Errorf("after peers.add came %q", got)
		}
	})
}

// lateLink hears no announcements, and its Dial returns long after the link is up.
type lateLink struct {
	*lan.Host
	until context.Context
	once  sync.Once
	out   chan chat.LinkEvent
}

func (l *lateLink) Events() <-chan chat.LinkEvent {
	l.once.Do(func() {
		l.out = make(chan chat.LinkEvent, 64)
		go l.pass()
	})
	return l.out
}

func (l *lateLink) pass() {
	for {
		select {
		case e := <-l.Host.Events():
			if _, seen := e.(chat.PeerSeen); !seen {
				l.out <- e
			}
		case <-l.until.Done():
			return
		}
	}
}

func (l *lateLink) Dial(ctx context.Context, address string, want chat.PeerID) (chat.PeerID, error) {
	id, err := l.Host.Dial(ctx, address, want)
	<-time.After(500 * time.Millisecond)
	return id, err
}
