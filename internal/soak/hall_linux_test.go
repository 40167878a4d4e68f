package soak

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/peer/discovery"
)

// hallVariable makes the test's program be so many others in a hall, who sell and wait to be visited.
const hallVariable = "HAGGLE_SOAK_HALL"

// What one machine may take of its owner's for each other one in the hall, to meet it and then to know it is there.
const (
	hallFirst   = 8 << 20               // bytes, whoever it is: what was never used before is loaded and filled
	hallMemory  = 48 << 10              // bytes, in all that the process has, files of Badger's included
	hallCPU     = 10 * time.Millisecond // for the meeting: two handshakes' worth is 4 ms here, on a quiet machine
	hallResting = time.Millisecond      // a minute, afterwards
)

// TestHall: what it takes of one machine, with its store on a disk and real links, to meet everybody in a hall whom it hears,
// and to stay there: 40 of them, 200 in the long run.
func TestHall(t *testing.T) {
	count, rest := 40, 5*time.Second
	if os.Getenv("HAGGLE_SOAK") == "1" {
		count, rest = 200, time.Minute
	}
	sightings, end := hall(t, count)
	defer end()

	_, self, db := emptyProfile(t)
	var online atomic.Int64
	heard := &hearsay{sightings: make(chan []discovery.Sighting, 1)}
	node, _, stop := runOn(t, self, db, db, peer.Config{Discovery: heard}, func(n *peer.Node) chat.Link { return n }, func(e chat.Event) {
		switch e.(type) {
		case chat.PeerOnline:
			online.Add(1)
		case chat.PeerOffline:
			online.Add(-1)
		}
	})
	defer stop()
	memory, cpu, begun := taken(t), used(t), time.Now()
	heard.sightings <- sightings
	met := func() bool {
		total, _, err := node.Listings(chat.ListingQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return online.Load() == int64(count) && total == count
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		if <-tick.C; time.Since(begun) > 2*time.Minute {
			t.Fatalf("%d of %d are there", online.Load(), count)
		}
	}
	took, busy := time.Since(begun), used(t)-cpu
	grown := taken(t) - memory
	<-time.After(10 * time.Second) // visits end
	cpu = used(t)
	<-time.After(rest)
	resting := (used(t) - cpu) * time.Duration(time.Minute/rest)
	t.Logf("%d met in %v with %v of a processor and %.1f MB; then %v a minute", count, took.Round(time.Millisecond), busy, grown/(1<<20), resting)
	if online.Load() != int64(count) {
		t.Errorf("%d of %d are still there", online.Load(), count)
	}
	if limit := float64(hallFirst + count*hallMemory); grown > limit {
		t.Errorf("it takes %.1f MB, at most %.1f", grown/(1<<20), limit/(1<<20))
	}
	if limit := time.Duration(count) * hallCPU; busy > limit {
		t.Errorf("it takes %v of a processor, at most %v", busy, limit)
	}
	if limit := time.Duration(count)*hallResting + 2*time.Second; resting > limit {
		t.Errorf("a minute of rest takes %v of a processor, at most %v", resting, limit)
	}
}

// taken is what this process has in memory.
func taken(t *testing.T) float64 {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	return status(t, "VmRSS:")
}

// used is the processors' time that this process took.
func used(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hearsay is a Discovery that hears what it is told.
type hearsay struct{ sightings chan []discovery.Sighting }

func (h *hearsay) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
func (h *hearsay) Sightings() <-chan []discovery.Sighting { return h.sightings }
func (*hearsay) Networks() <-chan struct{}                { return nil }
func (*hearsay) Announce(discovery.Announcement)          {}
func (*hearsay) Kick()                                    {}
func (*hearsay) Addresses() []netip.Addr                  { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} }
func (*hearsay) Interfaces() []discovery.InterfaceState   { return nil }
func (*hearsay) Check(context.Context, bool) []discovery.InterfaceState {
	return nil
}
func (*hearsay) Heard(chat.PeerID) time.Time { return time.Time{} }

// hall starts the others in a process of their own and says where they are; the function returned ends them.
func hall(t *testing.T, count int) (all []discovery.Sighting, end func()) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program)
	cmd.Env = append(os.Environ(), hallVariable+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); len(all) < count && lines.Scan(); {
		fields := strings.Fields(lines.Text()) // peer, device, address
		id, err := chat.ParsePeerID(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		s := discovery.Sighting{Peer: id, Addrs: []netip.AddrPort{netip.MustParseAddrPort(fields[2])}, Protocol: 1}
		if _, err := hex.Decode(s.Device[:], []byte(fields[1])); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if len(all) < count {
		t.Fatalf("%d of %d others came", len(all), count)
	}
	return all, func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the others: %v", err)
		}
	}
}

// visited is the network of one of the others: in a hall each keeps links with the few whose IDs are nearest, and these
// know nobody but the one who comes.
type visited struct{ chat.Link }

func (visited) Keep([]chat.Wanted) {}

// beHall is the others: each sells one thing. They stay until standard input ends.
func beHall(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "haggle-hall-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	for i := range n {
		self, mem, err := newcomer(dir, i)
		if err != nil {
			return err
		}
		node, at, stop := runOn(process{}, self, mem, mem, peer.Config{}, func(n *peer.Node) chat.Link { return visited{n} }, func(chat.Event) {})
		defer stop()
		goods := chat.Goods{Title: "Thing of number " + count, Price: chat.Money{Minor: 100, Currency: "CNY"}}
		if _, err := chat.Await(ctx, func(then func(*chat.Listing, error)) { node.Publish(goods, then) }); err != nil {
			return err
		}
		_, _ = fmt.Printf("%s %x %s\n", self.ID, self.Device[:], at)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}
