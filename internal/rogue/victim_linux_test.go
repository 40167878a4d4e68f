package rogue

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/peer"
	"haggle/text"
)

// marker stands in every text of a rogue: it must be in no log.
const marker = "wickedMarker"

// soak tells whether there are hours to spend.
var soak = os.Getenv("HAGGLE_SOAK") == "1"

// scaled is how often something is done in make test, and in make soak.
func scaled(test, soaking int) int {
	if soak {
		return soaking
	}
	return test
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(houseVariable); dir != "" {
		if err := serveHouse(dir); err != nil {
			panic(err)
		}
		return
	}
	code := m.Run()
	if shared != nil {
		shared.end()
	}
	os.Exit(code)
}

// victim is a node in a process of its own, with an honest third peer who talks with it all the time.
type victim struct {
	dir     string
	id      chat.PeerID
	address string
	process *exec.Cmd
	ask     io.Writer
	answers *bufio.Scanner

	honest    *chat.Node
	room      chat.RoomID
	delivered chan chat.MessageID // of the honest peer's messages
	stop      func()
	callers   atomic.Uint32 // addresses that rogues have used
}

// shared is the victim of all cases, so that what one leaves behind harms the next.
var shared *victim

// theVictim starts it when it is first asked for.
func theVictim(t *testing.T) *victim {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	if shared == nil {
		shared = newVictim(t)
	}
	return shared
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	dir, err := os.MkdirTemp("", "haggle-house-")
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{dir: dir, process: exec.Command(os.Args[0]), delivered: make(chan chat.MessageID, 1024)}
	v.process.Env = append(os.Environ(), houseVariable+"="+dir)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	v.process.Stderr = log
	if v.ask, err = v.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := v.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		t.Fatal(err)
	}
	_ = log.Close()
	v.answers = bufio.NewScanner(out)
	who, where, _ := strings.Cut(v.read(t), " ")
	if v.id, err = chat.ParsePeerID(who); err != nil {
		t.Fatal(err)
	}
	v.address = where
	v.befriend(t)
	return v
}

// befriend starts the honest peer and opens its room with the victim on both sides.
func (v *victim) befriend(t *testing.T) {
	t.Helper()
	identity, err := peer.LoadIdentity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	network, err := peer.New(peer.Config{Identity: identity, Listen: "127.0.0.1:0", Version: "honest"})
	if err != nil {
		t.Fatal(err)
	}
	store := storetest.NewMem(identity.ID)
	v.honest, err = chat.New(chat.Config{
		Self: identity.Identity, Store: store, Link: network, Name: "Honest", Blank: text.Blank, Skeleton: text.Skeleton,
		Notify: func(e chat.Event) {
			if s, ok := e.(chat.MessageStateChanged); ok && s.State == chat.Delivered {
				v.delivered <- s.ID
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = network.Run(ctx) })
	running.Go(func() { _ = v.honest.Run(ctx) })
	v.stop = func() { cancel(); running.Wait() }
	within, done := context.WithTimeout(t.Context(), patience)
	defer done()
	if _, err := v.honest.AddInvited(within, chat.Invite{Addresses: []string{v.address}}); err != nil {
		t.Fatal(err)
	}
	room, err := chat.Await(within, func(then func(chat.RoomView, error)) {
		v.honest.OpenRoom(identity.ID, v.id, chat.ListingID{}, func(r chat.RoomView, _ bool, err error) { then(r, err) })
	})
	if err != nil {
		t.Fatal(err)
	}
	v.room = room.ID
	v.command(t, "open "+identity.ID.String())
	v.talk(t)
}

// patience is how long what has no limit of its own may take.
const patience = 30 * time.Second

// talk sends a message of the honest peer and returns how long it took until it was on the victim's disk.
func (v *victim) talk(t testing.TB) time.Duration {
	t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := chat.Await(ctx, func(then func(chat.Message, error)) { v.honest.Post(v.room, chat.Draft{Text: "still there?"}, then) })
	if err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case id := <-v.delivered:
			if id.Seq >= m.ID.Seq {
				return time.Since(begun)
			}
		case <-ctx.Done():
			t.Fatalf("an honest peer's message was not delivered within %v", patience)
		}
	}
}

func (v *victim) read(t testing.TB) string {
	t.Helper()
	if !v.answers.Scan() {
		t.Fatal("the victim has ended")
	}
	return v.answers.Text()
}

// command has the victim do something.
func (v *victim) command(t testing.TB, line string) string {
	t.Helper()
	if _, err := fmt.Fprintln(v.ask, line); err != nil {
		t.Fatal(err)
	}
	answer := v.read(t)
	if strings.HasPrefix(answer, "error") {
		t.Fatalf("%s: %s", line, answer)
	}
	return answer
}

// reading is what all meters show at one moment.
type reading struct {
	meters
	Descriptors int
	Resident    int64 // bytes; the most since the last reset
	Disk        int64 // bytes in the folder, without the log
	Log         int64
}

func (v *victim) meters(t testing.TB) reading {
	t.Helper()
	var r reading
	if err := json.Unmarshal([]byte(v.command(t, "meters")), &r.meters); err != nil {
		t.Fatal(err)
	}
	process := fmt.Sprintf("/proc/%d/", v.process.Process.Pid)
	open, err := os.ReadDir(process + "fd")
	if err != nil {
		t.Fatal(err)
	}
	r.Descriptors = len(open)
	status, err := os.ReadFile(process + "status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &r.Resident); err != nil {
		t.Fatal(err)
	}
	r.Resident <<= 10
	err = filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // it went meanwhile
		}
		if info, err := d.Info(); err == nil && d.Name() == "log" {
			r.Log = info.Size()
		} else if err == nil {
			r.Disk += used(info)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// limits is what an attack may cost the victim.
type limits struct {
	disk   int64 // bytes that stay, beside what the honest peer says
	memory int64 // bytes at the worst moment, if not mostMemory
	logs   bool  // whether the log must say who it was
}

// What any attack may cost while it lasts and after it.
const (
	mostHeap    = 32 << 20 // that stays
	mostMemory  = 96 << 20 // resident at the worst moment, garbage included
	mostLatency = time.Second
	mostLog     = 64 << 10
)

// attack runs do against the victim while the honest peer goes on talking, and reads the meters before and after. do gets
// one rogue that is linked.
func attack(t *testing.T, most limits, do func(a *assault, r *Peer)) {
	t.Helper()
	v := theVictim(t)
	before := v.settled(t, reading{})
	v.resetPeak(t)
	a := &assault{T: t, v: v}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do(a, a.linked())
	}()
	var took []time.Duration
	for over := false; !over; {
		took = append(took, v.talk(t))
		select {
		case <-ended:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	took = append(took, v.talk(t))
	a.leave()
	after := v.settled(t, before)
	slices.Sort(took)
	middle, worst := took[len(took)/2], took[len(took)-1]
	t.Logf("honest: median %v, worst %v of %d; heap %+d kB, resident %d MB, disk %+d kB, log %+d kB, descriptors %+d, goroutines %+d",
		middle.Round(time.Microsecond), worst.Round(time.Millisecond), len(took), (after.Heap-before.Heap)>>10, after.Resident>>20, (after.Disk-before.Disk)>>10,
		(after.Log-before.Log)>>10, after.Descriptors-before.Descriptors, after.Goroutines-before.Goroutines)
	if middle > mostLatency {
		t.Errorf("an honest peer's messages took %v, want at most %v", middle, mostLatency)
	}
	const ours = 4 << 10 // of disk, for each message of the honest peer
	most.disk += 128<<10 + int64(len(took))*ours
	log, err := os.ReadFile(filepath.Join(v.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if most.memory == 0 {
		most.memory = mostMemory
	}
	for what, grown := range map[string][2]int64{
		"heap": {after.Heap - before.Heap, mostHeap}, "memory at the worst moment": {after.Resident - before.Resident, most.memory},
		"disk": {after.Disk - before.Disk, most.disk}, "log": {loud(log[before.Log:]), mostLog},
		"descriptors": {int64(after.Descriptors - before.Descriptors), 8}, "goroutines": {int64(after.Goroutines - before.Goroutines), 16},
	} {
		if grown[0] > grown[1] {
			t.Errorf("%s: grew by %d, want at most %d", what, grown[0], grown[1])
		}
	}
	if bytes.Contains(log, []byte(marker)) {
		t.Error("the log repeats what a peer wrote")
	}
	if most.logs && !slices.ContainsFunc(a.names(), func(name string) bool { return bytes.Contains(log[before.Log:], []byte(name)) }) {
		t.Error("the log does not say who it was")
	}
}

// loud is how many bytes of a log are there for everybody, and not for who looks for a fault.
func loud(log []byte) (n int64) {
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte("level=DEBUG")) {
			n += int64(len(line))
		}
	}
	return n
}

// settled is what the meters show once what an attack held is returned, or after a while in any case.
func (v *victim) settled(t testing.TB, before reading) reading {
	t.Helper()
	deadline := time.Now().Add(patience / 2)
	for {
		r := v.meters(t)
		same := r.Goroutines <= before.Goroutines+16 && r.Descriptors <= before.Descriptors+8 && r.Heap <= before.Heap+mostHeap
		if same || before.Goroutines == 0 || time.Now().After(deadline) {
			return r
		}
		<-time.After(50 * time.Millisecond)
	}
}

// resetPeak makes now the worst moment of memory.
func (v *victim) resetPeak(t testing.TB) {
	t.Helper()
	if err := os.WriteFile("/proc/"+strconv.Itoa(v.process.Process.Pid)+"/clear_refs", []byte("5"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (v *victim) end() {
	v.stop()
	_ = v.ask.(io.Closer).Close()
	_ = v.process.Wait()
	_ = os.RemoveAll(v.dir)
}

// assault is one attack under way.
type assault struct {
	*testing.T
	v    *victim
	mu   sync.Mutex
	here []*Peer
}

// from is an address of this machine that was not used before.
func (a *assault) from() string {
	n := a.v.callers.Add(1)
	return fmt.Sprintf("127.%d.%d.%d", 1+n>>16&0x7f, n>>8&0xff, n&0xff)
}

// linked is a rogue of a new address that is linked; it reads what it is told.
func (a *assault) linked() *Peer {
	r := a.silent()
	go r.Drain()
	return r
}

// silent is linked, but reads nothing.
func (a *assault) silent() *Peer {
	r, err := New()
	if err != nil {
		a.Error(err)
		return nil
	}
	if err := a.enter(r); err != nil {
		a.Errorf("a rogue could not even begin: %v", err)
	}
	return r
}

// enter links r from a new address; until the attack ends it counts as one of those who were here.
func (a *assault) enter(r *Peer) error {
	ctx, cancel := context.WithTimeout(a.Context(), patience)
	defer cancel()
	if err := r.Enter(ctx, a.from(), a.v.address); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.here = append(a.here, r)
	return nil
}

func (a *assault) leave() {
	for _, r := range a.here {
		r.Close()
	}
}

func (a *assault) names() (tags []string) {
	for _, r := range a.here {
		tags = append(tags, r.ID.Short())
	}
	return tags
}
