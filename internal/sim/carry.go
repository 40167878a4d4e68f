package sim

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/internal/lan"
	"haggle/memory"
)

// Carry plays guests at a kiosk who ask a seller they are never linked with. The kiosk carries what they wrote; it and the
// seller are killed, cut off and run out of disk on the way. In the end the seller holds everything, once and in order, and
// the kiosk nothing.
func Carry(t *testing.T, seed uint64, faults lan.Faults) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, cfg: Config{Seed: seed, Faults: faults}, random: rand.New(rand.NewPCG(seed, 2)), net: lan.New(seed, faults)}
		kiosk, seller := w.newMachine(0), w.newMachine(1)
		kiosk.parcels = memory.NewParcels()
		w.machines = []*machine{kiosk, seller}
		kiosk.start()
		seller.start()
		w.pass(5 * time.Second)
		var guests []*machine
		for i := range 3 {
			guests = append(guests, w.visit(2+i, kiosk, seller))
			for range w.random.IntN(6) {
				w.misfortune(kiosk, seller)
			}
		}
		w.machines = append(w.machines, guests...)
		w.net.SetFaults(lan.Faults{Latency: time.Millisecond, Jitter: 2 * time.Millisecond})
		w.net.MendAll()
		seller.disk.setFull(false)
		w.pass(2 * time.Minute)
		seller.acceptAll()
		w.pass(30 * time.Minute)
		for _, g := range guests {
			w.checkRoom(g, seller)
			if _, err := kiosk.mem.Room(chat.RoomFor(g.id.ID, seller.id.ID)); err == nil {
				t.Errorf("seed %d: the kiosk holds a room of others", seed)
			}
			_ = g.mem.Close()
		}
		if left, _ := kiosk.parcels.Carried(); len(left) != 0 {
			t.Errorf("seed %d: the kiosk still carries %v", seed, left)
		}
		kiosk.stop()
		seller.stop()
		synctest.Wait()
	})
}

// visit is a guest's, from the first look to the parcels that are left behind. Its disk stays for comparison.
func (w *world) visit(i int, kiosk, seller *machine) *machine {
	g := w.newMachine(i)
	w.net.Cut(g.id.ID, seller.id.ID)
	profile, err := seller.mem.Profile(seller.id.ID)
	if err != nil {
		w.t.Fatalf("seed %d: %v", w.cfg.Seed, err)
	}
	w.await("introduce", func(done func()) {
		records := []chat.Record{chat.ProfileRecord{Profile: profile}}
		g.mem.Commit(chat.Batch{Records: records}, func(error) { done() })
	})
	g.start()
	for range 1 + w.random.IntN(3) {
		g.post(seller, true, 1+w.random.IntN(30))
		g.show(seller, true, 1+w.random.IntN(100_000))
	}
	w.pass(10 * time.Second)
	g.cancel()
	<-g.ended
	g.host.Detach()
	g.disk.crash()
	synctest.Wait()
	packed, err := chat.Pack(g.id, g.mem, g.mem)
	if err != nil || len(packed.Left) != 0 || packed.Bare != 0 || packed.Waiting == 0 {
		w.t.Errorf("seed %d: packed %+v, %v", w.cfg.Seed, packed, err)
	}
	w.await("carry", func(done func()) {
		kiosk.node.Carry(packed.Parcels, func(kept int, err error) {
			if kept != len(packed.Parcels) || err != nil {
				w.t.Errorf("seed %d: %d of %d parcels are carried, %v", w.cfg.Seed, kept, len(packed.Parcels), err)
			}
			done()
		})
	})
	return g
}

// misfortune happens to who carries, or to whom it is for.
func (w *world) misfortune(kiosk, seller *machine) {
	soon := func() { w.pass(time.Duration(w.random.Int64N(int64(300 * time.Millisecond)))) }
	switch w.random.IntN(6) {
	case 0:
		kiosk.kill(w.random.IntN(2) == 0)
		soon()
		kiosk.start()
	case 1, 2:
		seller.kill(w.random.IntN(2) == 0)
		soon()
		seller.start()
	case 3:
		w.net.Cut(kiosk.id.ID, seller.id.ID)
		w.pass(10 * time.Second)
		w.net.Mend(kiosk.id.ID, seller.id.ID)
	case 4:
		seller.disk.setFull(true)
		w.pass(5 * time.Second)
		seller.disk.setFull(false)
	default:
		w.pass(3 * time.Second)
	}
	soon()
}
