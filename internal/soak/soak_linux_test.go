package soak

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/storage"
)

const (
	others  = 50
	perSide = 10 // messages a second, from us and from all of them together
	picture = 25 // each so many messages is one
	samples = 40 // at least

	heapSlope = 1 << 20 // bytes that the live heap may seem to gain between first and last sample
	residence = 5 << 20 // bytes that the process may gain, the files that Badger maps included
)

// lasts is how long the test runs; the first sixth of it warms up. HAGGLE_SOAK_TIME says otherwise.
func lasts(t *testing.T) time.Duration {
	text := cmp.Or(os.Getenv("HAGGLE_SOAK_TIME"), "24m")
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("HAGGLE_SOAK_TIME: %v", err)
	}
	return d
}

// sample is what the process takes at a moment.
type sample struct {
	heap, resident, anonymous float64 // bytes: live after a collection, in memory, and in memory without mapped files
	goroutines, files         float64
}

// TestSoak is the whole of it: this process is the one that is looked at, and the others live in a process of their own.
func TestSoak(t *testing.T) {
	if os.Getenv("HAGGLE_SOAK") != "1" {
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	whole := lasts(t)
	n := start(t)
	defer n.crowd(t)()
	n.meet(t)
	n.fill(t)

	warm, every := whole/6, (whole-whole/6)/samples
	begun := time.Now()
	var taken []sample
	beat := time.NewTicker(time.Second / perSide)
	defer beat.Stop()
	for said := 0; time.Since(begun) < whole; said++ {
		<-beat.C
		n.say(t, said)
		if due := warm + time.Duration(len(taken))*every; time.Since(begun) >= due {
			taken = append(taken, take(t))
			s := taken[len(taken)-1]
			t.Logf("%6.0f s: heap %.2f MB, resident %.1f MB (%.1f without files), %.0f goroutines, %.0f files; %d said, %d heard, %d pictures here",
				time.Since(begun).Seconds(), s.heap/(1<<20), s.resident/(1<<20), s.anonymous/(1<<20), s.goroutines, s.files, said, n.heard.Load(), n.fetched.Load())
			t.Logf("         MB: %s", where(t))
			if len(taken) == 1 {
				profile(t, "first")
			}
		}
	}
	profile(t, "last")
	if len(taken) < samples {
		t.Errorf("%d samples, want %d", len(taken), samples)
	}
	expected := whole.Seconds() * perSide
	if heard := float64(n.heard.Load()); heard < expected*0.9 {
		t.Errorf("heard %.0f messages, want about %.0f", heard, expected)
	}
	if sure := float64(n.delivered.Load()); sure < expected*0.9 {
		t.Errorf("%.0f own messages are known to be there, want about %.0f", sure, expected)
	}
	if here := float64(n.fetched.Load()); here < expected/picture*0.8 {
		t.Errorf("%.0f pictures came, want about %.0f", here, expected/picture)
	}
	heap := slope(taken, func(s sample) float64 { return s.heap }) * float64(len(taken)-1)
	resident := ends(taken, func(s sample) float64 { return s.resident })
	goroutines := ends(taken, func(s sample) float64 { return s.goroutines })
	files := ends(taken, func(s sample) float64 { return s.files })
	t.Logf("in all: heap %+.2f MB, resident %+.2f MB (%+.2f without files), goroutines %+.0f, files %+.0f",
		heap/(1<<20), resident/(1<<20), ends(taken, func(s sample) float64 { return s.anonymous })/(1<<20), goroutines, files)
	if heap > heapSlope {
		t.Errorf("the live heap grew by %.2f MB", heap/(1<<20))
	}
	if resident > residence {
		t.Errorf("the process grew by %.2f MB", resident/(1<<20))
	}
	if goroutines > 2 || files > 4 { // Badger's compactions come and go
		t.Errorf("%.0f more goroutines, %.0f more files", goroutines, files)
	}
}

// slope is the median of those between any two samples: a compaction that was under way in one does not count.
func slope(all []sample, of func(sample) float64) float64 {
	var slopes []float64
	for i := range all {
		for j := range i {
			slopes = append(slopes, (of(all[i])-of(all[j]))/float64(i-j))
		}
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}

// ends is how much the median of the last quarter is above that of the first.
func ends(all []sample, of func(sample) float64) float64 {
	quarter := max(1, len(all)/4)
	middle := func(some []sample) float64 {
		var values []float64
		for _, s := range some {
			values = append(values, of(s))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return middle(all[len(all)-quarter:]) - middle(all[:quarter])
}

// take looks at this process after two collections.
func take(t *testing.T) sample {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return sample{
		heap: float64(m.HeapAlloc), resident: status(t, "VmRSS:"), anonymous: status(t, "RssAnon:"),
		goroutines: float64(runtime.NumGoroutine()), files: float64(len(open)),
	}
}

// status is a line of /proc/self/status, in bytes.
func status(t *testing.T, name string) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb * 1024
		}
	}
	t.Fatal("no ", name)
	return 0
}

// node is the one that is looked at: it sells.
type node struct {
	node *chat.Node
	self chat.PeerID
	at   string // where it is reached
	dir  string // of its profile

	heard, delivered, fetched atomic.Int64

	mu    sync.Mutex
	rooms []chat.RoomID // with those who are there
}

// start runs a node as the program does, on a disk and on loopback.
func start(t *testing.T) *node {
	t.Helper()
	dir, self, db := emptyProfile(t)
	n := &node{self: self.ID, dir: dir}
	var stop func()
	n.node, n.at, stop = run(t, self, db, db, n.notify)
	t.Cleanup(stop)
	return n
}

// emptyProfile makes a new key and a store, which is closed after what the test cleans up later.
func emptyProfile(t *testing.T) (dir string, self peer.Identity, db *storage.DB) {
	t.Helper()
	dir = t.TempDir()
	self, err := peer.LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err = storage.Open(storage.Options{Dir: filepath.Join(dir, "store"), Self: self.ID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, self, db
}

func (n *node) notify(e chat.Event) {
	switch e := e.(type) {
	case chat.PeerOnline:
		n.node.OpenRoom(e.Peer, n.self, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) {
			if err != nil {
				return
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			if !slices.Contains(n.rooms, v.ID) {
				n.rooms = append(n.rooms, v.ID)
			}
		})
	case chat.MessageReceived:
		n.heard.Add(1)
	case chat.MessageStateChanged:
		if e.State == chat.Delivered {
			n.delivered.Add(1)
		}
	case chat.ImageChanged:
		if e.State == chat.ImageHere {
			n.fetched.Add(1)
		}
	}
}

// meet waits until all are there.
func (n *node) meet(t *testing.T) {
	t.Helper()
	begun := time.Now()
	for range time.NewTicker(100 * time.Millisecond).C {
		n.mu.Lock()
		here := len(n.rooms)
		n.mu.Unlock()
		if here == others {
			return
		}
		if time.Since(begun) > 2*time.Minute {
			t.Fatalf("%d of %d met", here, others)
		}
	}
}

// Enough to fill Badger's table in memory six times, so that its tables on disk were merged once and what all of that takes
// is there from the start.
const (
	filled  = 40_000
	filler  = 16          // times the same words
	seventh = "00007.mem" // Badger numbers them
)

// fill posts so many messages.
func (n *node) fill(t *testing.T) {
	t.Helper()
	words := strings.Repeat("这个东西还在吗？我想明天下午过来看看。", filler)
	done := make(chan error, filled)
	for i := range filled {
		n.node.Post(n.rooms[i%others], chat.Draft{Text: fmt.Sprintf("Before %d. %s", i, words)}, func(_ chat.Message, err error) { done <- err })
	}
	for range filled {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	now, err := filepath.Glob(filepath.Join(n.dir, "store", "index", "*.mem"))
	if err != nil || !slices.ContainsFunc(now, func(name string) bool { return filepath.Base(name) >= seventh }) {
		t.Fatalf("Badger did not come to its seventh table: %v %v", now, err)
	}
}

// say posts message number i.
func (n *node) say(t *testing.T, i int) {
	n.mu.Lock()
	room := n.rooms[i%len(n.rooms)]
	n.mu.Unlock()
	if err := post(n.node, room, i); err != nil {
		t.Fatal(err)
	}
}

// crowd starts the others; the function returned ends them.
func (n *node) crowd(t *testing.T) func() {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program)
	cmd.Env = append(os.Environ(), crowdVariable+"="+fmt.Sprintf("%s@%s", n.self, n.at))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the others: %v\n%s", err, said.String())
		}
	}
}
