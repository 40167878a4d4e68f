package sim

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
	"haggle/memory"
)

// machine is one installation: its disk outlives its process.
type machine struct {
	w      *world
	index  int
	id     chat.Identity
	skew   atomic.Int64 // nanoseconds that the wall clock is ahead of true time
	random *rand.Rand

	mem      *storetest.Mem // what is on the disk
	snapshot *storetest.Mem // an older state, to roll back to
	since    map[string]bool
	oldID    chat.DeviceID
	parcels  *memory.Parcels // what it carries for others; nil if it does not

	disk   *disk
	host   *lan.Host
	node   *chat.Node
	cancel context.CancelFunc
	ended  chan struct{}

	rolledBack atomic.Bool // some receipts others hold may name what this folder has lost

	mu        sync.Mutex // what the node's goroutine tells
	trace     hash.Hash64
	said      map[chat.RoomID][]string // acknowledged texts, in order
	withdrawn map[string]bool
	deleted   map[chat.RoomID]bool
	received  map[chat.MessageID]bool // in this run of the process
	last      map[chat.LogID]uint64
	counter   int
	own       []chat.MessageID
	texts     map[chat.MessageID]string
}

func (m *machine) start() {
	m.disk = newDisk(m.mem, m.index, rand.New(rand.NewPCG(m.w.cfg.Seed, m.random.Uint64())))
	m.host = m.w.net.Attach(chat.Remote{Peer: m.id.ID, Device: m.id.Device}, m.ahead())
	m.mu.Lock()
	m.received, m.last, m.texts = map[chat.MessageID]bool{}, map[chat.LogID]uint64{}, map[chat.MessageID]string{}
	m.own = nil
	m.mu.Unlock()
	cfg := chat.Config{
		Self: m.id, Store: m.disk, Link: m.host, Blobs: m.disk, Name: m.String(),
		CheckPicture: func([]byte, chat.Image, bool) error { return nil },
		Now:          func() time.Time { return time.Now().Add(m.ahead()) },
		Rand:         lockedRand{m.random, &sync.Mutex{}},
		Notify:       m.notify,
		Rotate: func() (chat.DeviceID, error) {
			m.id.Device = m.w.device()
			return m.id.Device, nil
		},
	}
	if m.parcels != nil {
		cfg.Parcels = m.parcels
	}
	node, err := chat.New(cfg)
	if err != nil {
		m.w.t.Fatalf("seed %d: %s does not start: %v", m.w.cfg.Seed, m, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.node, m.cancel, m.ended = node, cancel, make(chan struct{})
	go func() {
		defer close(m.ended)
		_ = node.Run(ctx)
	}()
	synctest.Wait() // whom its first announcement reaches must not hang on how fast others start
}

func (m *machine) ahead() time.Duration { return time.Duration(m.skew.Load()) }

// jump sets the wall clock while the program runs: somebody sets it, or its battery is empty.
func (m *machine) jump() {
	const year = 365 * 24 * time.Hour
	by := []time.Duration{time.Hour, -time.Hour, 10 * year, -10 * year}[m.w.random.IntN(4)]
	m.skew.Store(int64(by))
	m.host.SetSkew(by)
}

type lockedRand struct {
	*rand.Rand
	mu *sync.Mutex
}

func (r lockedRand) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return len(b), nil
}

// stop ends the process in order.
func (m *machine) stop() {
	m.cancel()
	<-m.ended
	m.host.Detach()
	m.disk.crash()
	_ = m.mem.Close()
	if m.snapshot != nil {
		_ = m.snapshot.Close()
	}
}

// kill ends it as kill -9 does, or as a power cut, which also loses what was not synced.
func (m *machine) kill(power bool) {
	m.disk.crash()
	m.cancel()
	<-m.ended
	m.host.Detach()
	synctest.Wait()
	old := m.mem
	if power {
		m.mem = old.PowerCut()
	} else {
		m.mem = old.Restart()
	}
	_ = old.Close()
}

// takeSnapshot keeps the folder's present state.
func (m *machine) takeSnapshot() {
	if m.snapshot != nil {
		_ = m.snapshot.Close()
	}
	m.snapshot = m.mem.Snapshot()
	m.oldID = m.id.Device
	m.mu.Lock()
	m.since = map[string]bool{}
	m.mu.Unlock()
}

// rollBack puts the older folder back in place, device file included: same path, same machine. What nobody else held
// then is lost; everything else must come back.
func (m *machine) rollBack() {
	if m.snapshot == nil {
		return
	}
	m.kill(false)
	m.rolledBack.Store(true)
	old := m.mem
	m.mem = m.snapshot.Snapshot()
	_ = old.Close()
	m.id.Device = m.oldID
	m.mu.Lock()
	for id, texts := range m.said {
		var kept []string
		for _, text := range texts {
			if !m.since[text] || m.w.heldElsewhere(m, id, text) {
				kept = append(kept, text)
			}
		}
		m.said[id] = kept
	}
	for text := range m.since {
		if m.withdrawn[text] {
			m.drop(text)
		}
	}
	m.since = map[string]bool{}
	m.mu.Unlock()
	for _, other := range m.w.machines {
		if other != m {
			m.w.forgetLost(other, m)
		}
	}
	m.start()
}

// forgetLost drops what m once said and has lost itself, when the last copy went with other's folder.
func (w *world) forgetLost(m, other *machine) {
	for _, id := range []chat.RoomID{chat.RoomFor(m.id.ID, other.id.ID), chat.RoomFor(other.id.ID, m.id.ID)} {
		held := map[string]bool{}
		for _, row := range append(m.rows(id), other.rows(id)...) {
			if body, err := chat.DecodeBody(row.Entry.Kind, row.Entry.Body); err == nil {
				held[body.Text] = true
			}
		}
		m.mu.Lock()
		m.said[id] = slices.DeleteFunc(m.said[id], func(text string) bool { return !held[text] && !m.withdrawn[text] })
		m.mu.Unlock()
	}
}

// drop forgets a text whose fate a roll-back made unknowable.
func (m *machine) drop(text string) {
	for id, texts := range m.said {
		for i, t := range texts {
			if t == text {
				m.said[id] = append(texts[:i:i], texts[i+1:]...)
				break
			}
		}
	}
}

// heldElsewhere reports whether the other person of a room holds a text now.
func (w *world) heldElsewhere(m *machine, id chat.RoomID, text string) bool {
	for _, other := range w.machines {
		if other == m || (chat.RoomFor(m.id.ID, other.id.ID) != id && chat.RoomFor(other.id.ID, m.id.ID) != id) {
			continue
		}
		for _, row := range other.rows(id) {
			if body, err := chat.DecodeBody(row.Entry.Kind, row.Entry.Body); err == nil && body.Text == text {
				return true
			}
		}
	}
	return false
}

func (m *machine) pair(other *machine, buying bool) (buyer, seller chat.PeerID) {
	if buying {
		return m.id.ID, other.id.ID
	}
	return other.id.ID, m.id.ID
}

func (m *machine) open(other *machine, buying bool) bool {
	buyer, seller := m.pair(other, buying)
	ok := false
	m.w.await("open", func(done func()) {
		m.node.OpenRoom(buyer, seller, chat.ListingID{}, func(_ chat.RoomView, _ bool, err error) {
			ok = err == nil
			done()
		})
	})
	return ok
}

// post opens the room and says count things at once, without waiting for the disk.
func (m *machine) post(other *machine, buying bool, count int) {
	if !m.open(other, buying) {
		return
	}
	buyer, seller := m.pair(other, buying)
	id := chat.RoomFor(buyer, seller)
	for range count {
		m.counter++
		text := fmt.Sprintf("%d says %d", m.index, m.counter)
		m.node.Post(id, chat.Draft{Text: text}, func(msg chat.Message, err error) {
			if err != nil {
				return
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			m.said[id] = append(m.said[id], text)
			m.own = append(m.own, msg.ID)
			m.texts[msg.ID] = text
			if m.since != nil {
				m.since[text] = true
			}
			m.note("said", msg.ID)
		})
		synctest.Wait() // what is committed together must not hang on the scheduler
	}
}

// show opens the room and sends a picture.
func (m *machine) show(other *machine, buying bool, size int) {
	if !m.open(other, buying) {
		return
	}
	buyer, seller := m.pair(other, buying)
	id := chat.RoomFor(buyer, seller)
	m.counter++
	data := fmt.Appendf(make([]byte, 0, size+64), "picture %d of node %d", m.counter, m.index)
	for len(data) < size {
		data = append(data, byte(len(data)*m.counter>>5))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	hash, err := m.node.PutPicture(ctx, data)
	if err != nil {
		return // the disk is full
	}
	synctest.Wait()
	image := &chat.Image{Hash: hash, Size: uint32(len(data)), Width: 4, Height: 3, Type: "png", Thumbnail: []byte{1}}
	m.node.Post(id, chat.Draft{Image: image}, func(chat.Message, error) {})
	synctest.Wait()
}

func (m *machine) markRead(other *machine, buying bool) {
	buyer, seller := m.pair(other, buying)
	id := chat.RoomFor(buyer, seller)
	rows := m.rows(id)
	if len(rows) == 0 {
		return
	}
	m.w.await("mark read", func(done func()) {
		m.node.MarkRead(id, rows[m.w.random.IntN(len(rows))].ID(), func(int, error) { done() })
	})
}

// withdraw takes back one of the last own messages, if it still waits.
func (m *machine) withdraw() {
	m.mu.Lock()
	if len(m.own) == 0 {
		m.mu.Unlock()
		return
	}
	id := m.own[len(m.own)-1-m.w.random.IntN(min(3, len(m.own)))]
	text := m.texts[id]
	m.mu.Unlock()
	m.w.await("withdraw", func(done func()) {
		m.node.Withdraw(id, func(_ chat.Message, _ bool, err error) {
			m.mu.Lock()
			if err == nil {
				m.withdrawn[text] = true
				if m.since != nil {
					m.since[text] = true
				}
			} else if !errors.Is(err, chat.ErrDelivered) {
				m.drop(text) // refused by a full disk or a crash: it may have happened all the same
			}
			m.mu.Unlock()
			done()
		})
	})
}

func (m *machine) publish() {
	m.counter++
	goods := chat.Goods{Title: fmt.Sprintf("thing %d of %d", m.counter, m.index), Price: chat.Money{Minor: int64(m.counter), Currency: "CNY"}}
	m.node.Publish(goods, func(*chat.Listing, error) {})
}

func (m *machine) deleteRoom(other *machine, buying bool) {
	buyer, seller := m.pair(other, buying)
	id := chat.RoomFor(buyer, seller)
	m.w.await("delete", func(done func()) {
		m.node.DeleteRoom(id, func(_ struct{}, err error) {
			m.mu.Lock()
			m.deleted[id] = m.deleted[id] || !errors.Is(err, chat.ErrNotFound)
			m.mu.Unlock()
			done()
		})
	})
}

// acceptAll opens every room anybody spoke in.
func (m *machine) acceptAll() {
	for _, other := range m.w.machines {
		if other != m {
			for _, buying := range []bool{true, false} {
				buyer, seller := m.pair(other, buying)
				if _, err := m.mem.Room(chat.RoomFor(buyer, seller)); err == nil {
					m.open(other, buying)
				}
			}
		}
	}
}

// rows are all messages of a room on the disk, in order.
func (m *machine) rows(id chat.RoomID) []chat.Row {
	rows, err := m.mem.Rows(id, nil, false, 1<<30)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		m.w.t.Fatalf("seed %d: rows of %s: %v", m.w.cfg.Seed, m, err)
	}
	return rows
}

func (m *machine) note(what string, id chat.MessageID) {
	_, _ = fmt.Fprintf(m.trace, "%s %s %d %d\n", what, id.Device, id.Author, id.Seq)
}

// notify checks each fact against the disks at the moment it is told.
func (m *machine) notify(e chat.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := e.(type) {
	case chat.MessageReceived:
		id := e.Message.ID
		m.note("received", id)
		if m.received[id] {
			m.w.t.Errorf("seed %d: %s was told twice of %s", m.w.cfg.Seed, m, id)
		}
		if id.Seq <= m.last[id.LogID] {
			m.w.t.Errorf("seed %d: %s was told of %s after %d", m.w.cfg.Seed, m, id, m.last[id.LogID])
		}
		m.received[id], m.last[id.LogID] = true, id.Seq
		if _, err := m.mem.Row(id); err != nil && !m.deleted[id.Room] {
			m.w.t.Errorf("seed %d: %s was told of %s before it was durable: %v", m.w.cfg.Seed, m, id, err)
		}
	case chat.MessageStateChanged:
		m.note(e.State.String(), e.ID)
		if e.State == chat.Delivered {
			m.w.checkTick(m, e.ID)
		}
	case chat.ImageChanged:
		m.note(e.State.String(), e.ID)
		if state := m.disk.Blob(m.pictureOf(e.ID)); e.State == chat.ImageHere && !state.Here {
			m.w.t.Errorf("seed %d: %s was told of a picture before it was whole", m.w.cfg.Seed, m)
		}
	case chat.ListingChanged:
		_, _ = fmt.Fprintf(m.trace, "listing %s\n", e.Listing.Hash())
	}
}

// checkTick holds a tick against the other person's disk.
func (w *world) checkTick(m *machine, id chat.MessageID) {
	for _, other := range w.machines {
		if other == m || (chat.RoomFor(m.id.ID, other.id.ID) != id.Room && chat.RoomFor(other.id.ID, m.id.ID) != id.Room) {
			continue
		}
		state, err := other.mem.Room(id.Room)
		if other.rolledBack.Load() {
			return
		}
		if err != nil {
			w.t.Errorf("seed %d: a tick of %s for a room %s does not have: %v", w.cfg.Seed, m, other, err)
			return
		}
		if l := state.Log(id.Author, id.Device); l == nil || l.Seq < id.Seq {
			w.t.Errorf("seed %d: a tick of %s for what %s does not hold", w.cfg.Seed, m, other)
		}
	}
}

// check holds one machine's own summaries against its rows.
func (m *machine) check() {
	for _, other := range m.w.machines {
		if other == m {
			continue
		}
		for _, buying := range []bool{true, false} {
			buyer, seller := m.pair(other, buying)
			id := chat.RoomFor(buyer, seller)
			state, err := m.mem.Room(id)
			if errors.Is(err, chat.ErrNotFound) {
				continue
			}
			if err != nil {
				m.w.t.Error(err)
				return
			}
			m.checkRoom(id, state, other)
		}
	}
	m.checkGoods()
}

func (m *machine) checkRoom(id chat.RoomID, state *chat.RoomState, other *machine) {
	mine, _ := state.Role(m.id.ID)
	rows := m.rows(id)
	unread := 0
	for i, row := range rows {
		if i > 0 && rows[i-1].Position().Compare(row.Position()) >= 0 {
			m.w.t.Errorf("seed %d: %s: rows out of order", m.w.cfg.Seed, m)
		}
		if l := state.Log(row.Log.Author, row.Log.Device); row.Log.Author != mine && row.Entry.Seq > l.ReadTo {
			unread++
		}
	}
	if got := state.Unread(mine); got != unread {
		m.w.t.Errorf("seed %d: %s counts %d unread of %d", m.w.cfg.Seed, m, got, unread)
	}
	for i := range state.Logs {
		l := &state.Logs[i]
		if l.Forked {
			m.w.t.Errorf("seed %d: %s saw a fork where nobody forked", m.w.cfg.Seed, m)
		}
		if delivered, _ := l.Delivered(); l.Author == mine && delivered < l.Seq && !m.deleted[id] && !other.deleted[id] {
			m.w.t.Errorf("seed %d: %s: %d of %d are ticked after all is quiet", m.w.cfg.Seed, m, delivered, l.Seq)
		}
	}
}

// pictureOf is the hash of a message's picture; zero if it has none.
func (m *machine) pictureOf(id chat.MessageID) chat.Hash {
	row, err := m.mem.Row(id)
	if err != nil {
		return chat.Hash{}
	}
	if body, err := chat.DecodeBody(row.Entry.Kind, row.Entry.Body); err == nil && body.Image != nil {
		return body.Image.Hash
	}
	return chat.Hash{}
}

// checkPictures holds two sides of a room to having the same pictures, whole: what one of them has, both have.
func (w *world) checkPictures(m, other *machine, id chat.RoomID) {
	for _, row := range m.rows(id) {
		hash := m.pictureOf(row.ID())
		if hash == (chat.Hash{}) {
			continue
		}
		if ours, theirs := m.mem.Blob(hash), other.mem.Blob(hash); ours.Here && !theirs.Here {
			w.t.Errorf("seed %d: the picture of %s is at %s; %s has %d bytes, mark %d", w.cfg.Seed, row.ID(), m, other, theirs.Received, theirs.Mark)
		}
		mine := chat.Seller
		if id == chat.RoomFor(m.id.ID, other.id.ID) {
			mine = chat.Buyer
		}
		if row.Log.Author == mine && !m.mem.Blob(hash).Here && !m.rolledBack.Load() {
			w.t.Errorf("seed %d: %s lost its own picture", w.cfg.Seed, m)
		}
	}
}

// checkGoods compares everybody's copy of this machine's goods with its own.
func (m *machine) checkGoods() {
	digest, _, _, err := m.mem.CatalogueState(m.id.ID)
	if err != nil {
		m.w.t.Error(err)
		return
	}
	for _, other := range m.w.machines {
		if other == m {
			continue
		}
		copied, count, _, err := other.mem.CatalogueState(m.id.ID)
		if err != nil {
			m.w.t.Error(err)
			return
		}
		if copied != digest {
			m.w.t.Errorf("seed %d: %s has another catalogue of %s (%d goods)", m.w.cfg.Seed, other, m, count)
		}
	}
}
