package e2e

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The workloads that the project is measured by, between two processes on this machine that talk over loopback and are
// driven through JSON-RPC. Texts have 100 bytes. A run is one operation:
//
//	go test ./internal/e2e -run '^$' -bench W

// meter counts the lines of a program's output by what they are, and does nothing else with them: the reader must not be
// what is measured.
type meter struct {
	mu    sync.Mutex
	times map[string][]time.Time // by the method of a notification, "" for answers
	kind  string                 // what is waited for
	count int
	there chan struct{}
}

// measure makes p's output be counted from now on. Nothing may be unanswered.
func (p *program) measure() *meter {
	m := &meter{times: map[string][]time.Time{}}
	p.meter.Store(m)
	return m
}

func (m *meter) take(line []byte, at time.Time) {
	kind := ""
	if rest, ok := bytes.CutPrefix(line, []byte(`{"jsonrpc":"2.0","method":"`)); ok {
		name, _, _ := bytes.Cut(rest, []byte(`"`))
		kind = string(name)
	} else if bytes.Contains(line, []byte(`"error":`)) {
		kind = "error"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times[kind] = append(m.times[kind], at)
	if m.there != nil && kind == m.kind && len(m.times[kind]) >= m.count {
		close(m.there)
		m.there = nil
	}
}

// wait returns when the nth line of a kind came. Only one goroutine waits at a time.
func (m *meter) wait(b *testing.B, kind string, n int) time.Time {
	b.Helper()
	m.mu.Lock()
	there := make(chan struct{})
	if len(m.times[kind]) >= n {
		close(there)
	} else {
		m.kind, m.count, m.there = kind, n, there
	}
	m.mu.Unlock()
	select {
	case <-there:
	case <-time.After(5 * time.Minute):
		b.Fatalf("%d of %d %s", len(m.times[kind]), n, kind)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if list := m.times["error"]; len(list) > 0 {
		b.Fatalf("%d requests were refused", len(list))
	}
	return m.times[kind][n-1]
}

// lines are n requests to say 100 bytes.
func lines(room string, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"jsonrpc":"2.0","id":%d,"method":"messages.send","params":{"roomId":"%s","text":"%08d %s"}}`+"\n", i, room, i, strings.Repeat("x", 91))
	}
	return b.Bytes()
}

func (p *program) write(b *testing.B, lines []byte) {
	b.Helper()
	if _, err := p.in.Write(lines); err != nil {
		b.Fatal(err)
	}
}

// couple is a seller and a buyer who have met and have a room.
func couple(b *testing.B) (anna, ben *program, room string) {
	b.Helper()
	anna, ben = alone(b).start(b), alone(b).start(b)
	add(ben, anna)
	meet(b, anna, ben)
	return anna, ben, open(anna, ben).RoomID
}

// BenchmarkW1 sends one message after another, 1,000 times: send, the other program has it, the sender has the durable
// receipt.
func BenchmarkW1(b *testing.B) {
	anna, ben, room := couple(b)
	const n = 1000
	text := bytes.SplitAfter(lines(room, n), []byte("\n"))[:n]
	there, back := anna.measure(), ben.measure()
	var arrived, told spread
	sent := 0
	for b.Loop() {
		for _, line := range text {
			begun := time.Now()
			ben.write(b, line)
			sent++
			arrived = append(arrived, there.wait(b, "message.received", sent).Sub(begun))
			told = append(told, back.wait(b, "message.state", sent).Sub(begun))
		}
	}
	report(b, "arrived", arrived)
	report(b, "receipt", told)
	b.ReportMetric(0, "ns/op")
}

func report(b *testing.B, what string, s spread) {
	b.Helper()
	for _, percent := range []int{50, 99} {
		b.ReportMetric(float64(s.at(percent).Microseconds()), fmt.Sprintf("%s-p%d-us", what, percent))
	}
}

// BenchmarkW2 sends 10,000 messages as fast as possible, until the other side holds all.
func BenchmarkW2(b *testing.B) {
	anna, ben, room := couple(b)
	const n = 10_000
	text := lines(room, n)
	there, back := anna.measure(), ben.measure()
	sent, all := 0, time.Duration(0)
	for b.Loop() {
		begun := time.Now()
		ben.write(b, text)
		sent += n
		all += there.wait(b, "message.received", sent).Sub(begun)
		back.wait(b, "", sent)
	}
	b.ReportMetric(float64(sent)/all.Seconds(), "msg/s")
}

// BenchmarkW3 writes messages while the other is away, and measures from its start until it holds all.
func BenchmarkW3(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var took spread
			for b.Loop() {
				b.StopTimer()
				anna, ben, room := couple(b)
				anna.quit()
				back := ben.measure()
				ben.write(b, lines(room, n))
				back.wait(b, "", n)
				away := anna.place.launch(b)
				there := away.measure()
				b.StartTimer()
				took = append(took, there.wait(b, "message.received", n).Sub(away.begun))
				b.StopTimer()
				away.kill()
				ben.kill()
				b.StartTimer()
			}
			b.ReportMetric(float64(took.at(50).Microseconds())/1000, "held-ms")
			b.ReportMetric(float64(took.at(50).Nanoseconds())/float64(n), "ns/msg")
		})
	}
}
