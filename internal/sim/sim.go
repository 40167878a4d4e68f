package sim

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

// Config is one run.
type Config struct {
	Seed  uint64
	Nodes int // 2 to 20
	Acts  int // things people and fate do
	// Faults of the network while it is bad. Afterwards it is good.
	Faults lan.Faults
	// Skew is how far clocks may be wrong, either way.
	Skew time.Duration
	// Which kinds of fate there are. Jumps are of wall clocks, by an hour or ten years, either way.
	Cuts, Kills, PowerCuts, FullDisks, RollBacks, Deletes, Jumps bool
}

// world is one run's state. The driver's goroutine owns it, but for what machines guard themselves.
type world struct {
	t        testing.TB
	cfg      Config
	random   *rand.Rand
	net      *lan.LAN
	machines []*machine
	devices  uint64
}

// Run plays cfg inside a bubble and returns a hash of what every node saw: the same seed gives the same hash.
func Run(t *testing.T, cfg Config) (trace uint64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, cfg: cfg, random: rand.New(rand.NewPCG(cfg.Seed, 1)), net: lan.New(cfg.Seed, cfg.Faults)}
		for i := range cfg.Nodes {
			w.machines = append(w.machines, w.newMachine(i))
		}
		for _, m := range w.machines {
			m.start()
		}
		for range cfg.Acts {
			w.act()
			w.pass(time.Duration(w.random.Int64N(int64(2 * time.Second))))
		}
		w.heal()
		w.check()
		h := fnv.New64a()
		for _, m := range w.machines {
			_, _ = h.Write(m.trace.Sum(nil))
		}
		trace = h.Sum64()
		for _, m := range w.machines {
			m.stop()
		}
		synctest.Wait()
	})
	return trace
}

// pass lets virtual time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// act does one thing, mostly what people do.
func (w *world) act() {
	m := w.any()
	other := w.any()
	for other == m {
		other = w.any()
	}
	switch k := w.random.IntN(100); {
	case k < 55:
		m.post(other, w.random.IntN(2) == 0, 1+w.random.IntN(4))
	case k < 60:
		m.post(other, w.random.IntN(2) == 0, 40+w.random.IntN(400))
	case k < 63:
		m.show(other, w.random.IntN(2) == 0, 1+w.random.IntN(300_000))
	case k < 66:
		m.markRead(other, w.random.IntN(2) == 0)
	case k < 70:
		m.withdraw()
	case k < 74:
		m.publish()
	case k < 76:
		m.open(other, w.random.IntN(2) == 0)
	case k < 82 && w.cfg.Cuts:
		w.net.Cut(m.id.ID, other.id.ID)
	case k < 88 && w.cfg.Cuts:
		w.net.Mend(m.id.ID, other.id.ID)
	case k < 92 && w.cfg.Kills:
		m.kill(false)
		w.pass(time.Duration(w.random.Int64N(int64(3 * time.Second))))
		m.start()
	case k < 93 && w.cfg.PowerCuts:
		m.kill(true)
		m.start()
	case k < 95 && w.cfg.FullDisks:
		m.disk.setFull(true)
		w.pass(time.Duration(w.random.Int64N(int64(20 * time.Second))))
		m.disk.setFull(false)
	case k < 96 && w.cfg.Deletes:
		m.deleteRoom(other, w.random.IntN(2) == 0)
	case k < 98 && w.cfg.RollBacks:
		m.rollBack()
	case k < 99 && w.cfg.Jumps:
		m.jump()
	default:
		m.takeSnapshot()
	}
}

func (w *world) any() *machine { return w.machines[w.random.IntN(len(w.machines))] }

// heal mends everything, opens every room that was spoken in at both sides, so that no quota holds anything back, and
// waits until nothing can be on its way any more: reminders come within a minute.
func (w *world) heal() {
	w.net.SetFaults(lan.Faults{Latency: time.Millisecond, Jitter: 2 * time.Millisecond})
	w.net.MendAll()
	for _, m := range w.machines {
		m.disk.setFull(false)
	}
	w.pass(2 * time.Minute)
	for _, m := range w.machines {
		m.acceptAll()
	}
	w.pass(5 * time.Minute)
}

// check compares what both sides of every room hold, and what people were told.
func (w *world) check() {
	for i, a := range w.machines {
		for _, b := range w.machines[i+1:] {
			w.checkRoom(a, b)
			w.checkRoom(b, a)
		}
	}
	for _, m := range w.machines {
		m.check()
	}
}

// checkRoom compares the room in which buyer buys from seller.
func (w *world) checkRoom(buyer, seller *machine) {
	id := chat.RoomFor(buyer.id.ID, seller.id.ID)
	ours, theirs := said(buyer.rows(id)), said(seller.rows(id))
	if !buyer.deleted[id] && !seller.deleted[id] {
		if len(ours) != len(theirs) {
			w.t.Errorf("seed %d: %s and %s hold %d and %d messages of one room", w.cfg.Seed, buyer, seller, len(ours), len(theirs))
		}
		for i := range min(len(ours), len(theirs)) {
			if ours[i].ID() != theirs[i].ID() || !bytes.Equal(ours[i].Entry.Body, theirs[i].Entry.Body) || ours[i].Entry.Hash() != theirs[i].Entry.Hash() {
				w.t.Errorf("seed %d: %s and %s differ at message %d of %d", w.cfg.Seed, buyer, seller, i, len(ours))
				break
			}
		}
	}
	if !buyer.deleted[id] && !seller.deleted[id] {
		w.checkPictures(buyer, seller, id)
		w.checkPictures(seller, buyer, id)
	}
	for _, m := range []*machine{buyer, seller} {
		other := seller
		if m == seller {
			other = buyer
		}
		w.checkSaid(m, other, id)
	}
}

// said are the rows with a body: one that was taken back before it was delivered is a row at its author's side only.
func said(rows []chat.Row) []chat.Row {
	return slices.DeleteFunc(rows, func(r chat.Row) bool { return !r.Entry.HasBody() })
}

// checkSaid looks for everything m was told is on disk, once, in the order it was said, at both sides.
func (w *world) checkSaid(m, other *machine, id chat.RoomID) {
	for _, at := range []*machine{m, other} {
		if at.deleted[id] {
			continue
		}
		seen := map[string]int{}
		for _, row := range at.rows(id) {
			if body, err := chat.DecodeBody(row.Entry.Kind, row.Entry.Body); err == nil {
				seen[body.Text]++
			}
		}
		for _, text := range m.said[id] {
			want := 1
			if m.withdrawn[text] {
				want = 0
			}
			if seen[text] != want && (want == 1 || seen[text] > 1) {
				w.t.Errorf("seed %d: %q of %s is %d times at %s, want %d", w.cfg.Seed, text, m, seen[text], at, want)
			}
		}
	}
}

func (w *world) device() chat.DeviceID {
	w.devices++
	return lan.Device(w.devices)
}

func (w *world) newMachine(i int) *machine {
	seed := bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize)
	binary.LittleEndian.PutUint64(seed, w.cfg.Seed)
	key := ed25519.NewKeyFromSeed(seed)
	m := &machine{
		w: w, index: i, id: chat.Identity{ID: chat.PeerID(key.Public().(ed25519.PublicKey)), Key: key, Device: w.device()},
		random: rand.New(rand.NewPCG(w.cfg.Seed, uint64(i)+100)),
		trace:  fnv.New64a(), said: map[chat.RoomID][]string{}, withdrawn: map[string]bool{}, deleted: map[chat.RoomID]bool{},
		received: map[chat.MessageID]bool{},
	}
	if w.cfg.Skew > 0 {
		m.skew.Store(w.random.Int64N(int64(2*w.cfg.Skew)) - int64(w.cfg.Skew))
	}
	m.mem = storetest.NewMem(m.id.ID)
	return m
}

func (w *world) await(what string, start func(done func())) {
	finished := make(chan struct{})
	start(func() { close(finished) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	select {
	case <-finished:
	case <-ctx.Done():
		w.t.Errorf("seed %d: %s never ended", w.cfg.Seed, what)
	}
	synctest.Wait()
}

func (m *machine) String() string { return fmt.Sprintf("node %d", m.index) }
