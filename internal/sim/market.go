package sim

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/internal/lan"
)

// MarketCost is what a market of many took.
type MarketCost struct {
	Met       time.Duration // by the network's clock, from the last start until everybody saw all goods and people
	Delivered time.Duration // and a message from then on until its tick
	Heap      uint64        // bytes that live for each node, its store and its side of the network included
	Links     int           // that were made in all
	Most      int           // links that who has most is left with
}

// marketGoods is how much each one sells.
const marketGoods = 3

// Market starts so many nodes on one good network, each with goods of its own, and waits until all of them see all people
// and all goods; then one asks another about something. It fails if that does not happen within patience of the network's
// clock.
func Market(t *testing.T, nodes int, patience time.Duration) (cost MarketCost) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		good := lan.Faults{Latency: 300 * time.Microsecond, Jitter: time.Millisecond}
		w := &world{t: t, cfg: Config{Nodes: nodes, Faults: good}, random: rand.New(rand.NewPCG(1, 3)), net: lan.New(1, good)}
		before := liveHeap()
		for i := range nodes {
			w.machines = append(w.machines, w.newMachine(i))
		}
		for _, m := range w.machines {
			m.start()
			for range marketGoods {
				m.publish()
			}
			w.pass(10 * time.Millisecond) // people do not all come at one instant
		}
		cost.Met = w.until(patience, func() bool {
			return !slices.ContainsFunc(w.machines, func(m *machine) bool { return !m.sees(nodes) })
		})
		cost.Heap = (liveHeap() - before) / uint64(nodes)
		buyer, seller := w.machines[0], w.machines[nodes-1]
		buyer.post(seller, true, 1)
		said := chat.LogID{Room: chat.RoomFor(buyer.id.ID, seller.id.ID), Author: chat.Buyer, Device: buyer.id.Device}
		cost.Delivered = w.until(patience, func() bool { return buyer.delivered(said) == 1 })
		w.pass(10 * time.Second) // visits end
		cost.Links, cost.Most = w.net.Links()
		w.check()
		for _, m := range w.machines {
			m.stop()
		}
		synctest.Wait()
	})
	return cost
}

// until lets time go by until what holds and says how much did.
func (w *world) until(patience time.Duration, what func() bool) time.Duration {
	w.t.Helper()
	begun := time.Now()
	for !what() {
		if time.Since(begun) > patience {
			w.t.Fatalf("not so after %v", patience)
		}
		w.pass(10 * time.Millisecond)
	}
	return time.Since(begun)
}

// sees reports whether m finds all goods of a market of so many and knows everybody else to be there.
func (m *machine) sees(nodes int) bool {
	total, _, err := m.node.Listings(chat.ListingQuery{Limit: 1})
	if err != nil {
		m.w.t.Fatal(err)
	}
	if total != nodes*marketGoods {
		return false
	}
	online := 0
	for _, p := range m.node.Peers() {
		if p.Online {
			online++
		}
	}
	return online == nodes-1
}

// delivered is up to where a log of m's own is known to be with the other side.
func (m *machine) delivered(log chat.LogID) uint64 {
	state, err := m.mem.Room(log.Room)
	if err != nil {
		m.w.t.Fatal(err)
	}
	l := state.Log(log.Author, log.Device)
	if l == nil {
		return 0 // it is on its way to the disk
	}
	seq, _ := l.Delivered()
	return seq
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
