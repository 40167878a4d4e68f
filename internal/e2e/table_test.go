//go:build unix

package e2e

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

const (
	staying = 10 // hosts; one more comes and goes
	// steadyTime is long enough for upkeep, which comes each 96 s or so.
	steadyTime = 4 * time.Minute
)

// lanRounds is how often each thing happens: ten pairs each time, so 180 of them. HAGGLE_LAN_ROUNDS says otherwise.
func lanRounds(t *testing.T) int {
	text := os.Getenv("HAGGLE_LAN_ROUNDS")
	if text == "" {
		return 18
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("HAGGLE_LAN_ROUNDS: %v", err)
	}
	return n
}

// TestLANTable prints how fast ten programs and a newcomer meet, part and recover, beside the limits: "make lan". It takes
// a quarter of an hour, and wants a machine with nothing else to do.
func TestLANTable(t *testing.T) {
	if !soak {
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	table := &table{t: t}
	table.meetings("no default route", 0, 300*time.Millisecond, nil)
	table.meetings("default route", 0, 300*time.Millisecond, nil, lanrig.Gateway())
	table.meetings("IPv4 only", 0, 300*time.Millisecond, func(lan *lanrig.LAN, host int) { lan.Do("nov6", host) })
	table.meetings("20 % loss", 20, 2500*time.Millisecond, nil)
	table.changes()
	table.steady()
	table.watched()
	for _, row := range table.rows {
		fmt.Println(row)
	}
}

// table collects rows.
type table struct {
	t    *testing.T
	rows []string
}

func (b *table) row(what string, times spread, limit time.Duration) {
	b.t.Helper()
	verdict := "met"
	if times.at(99) > limit {
		verdict = "MISSED"
		b.t.Errorf("%s: p99 %v, want at most %v", what, times.at(99), limit)
	}
	ms := func(d time.Duration) int64 { return d.Milliseconds() }
	b.rows = append(b.rows, fmt.Sprintf("%-44s p50 %5d ms  p99 %5d ms  max %5d ms  limit %5d ms  n %4d  %s",
		what, ms(times.at(50)), ms(times.at(99)), ms(times.at(100)), ms(limit), len(times), verdict))
}

// residents starts the hosts that stay, on a new LAN with one more host, and waits until all have met. prepare, if any, is
// done to each host before.
func residents(t *testing.T, prepare func(*lanrig.LAN, int), options ...lanrig.Option) (*lanrig.LAN, []*program) {
	t.Helper()
	lan := lanrig.Up(t, staying+1, options...)
	for host := 1; prepare != nil && host <= staying+1; host++ {
		prepare(lan, host)
	}
	var all []*program
	for host := 1; host <= staying; host++ {
		all = append(all, home(t, lan, host).start(t))
	}
	meet(t, all...)
	return lan, all
}

// watches of all.
func watches(all []*program) (out []watch) {
	for _, p := range all {
		out = append(out, p.watch())
	}
	return out
}

// since are the times from a moment until each of some watches saw p come or go.
func since(from time.Time, ws []watch, p *program, await func(watch, *program, time.Duration) time.Time) (out spread) {
	for _, w := range ws {
		out = append(out, max(0, await(w, p, time.Minute).Sub(from)))
	}
	return out
}

// settled is the pause between two rounds: who has just announced itself does not do so again within a second, and rounds
// that follow one another at once would measure that.
func settled() { <-time.After(2 * time.Second) }

// meetings measures a newcomer that comes and goes, in order and by kill -9.
func (b *table) meetings(name string, loss int, limit time.Duration, prepare func(*lanrig.LAN, int), options ...lanrig.Option) {
	b.t.Run(name, func(t *testing.T) {
		lan, all := residents(t, prepare, options...)
		for host := 1; host <= staying+1; host++ {
			lan.Do("loss", host, loss)
		}
		newcomer := home(t, lan, staying+1)
		var seen, sees, left, killed spread
		for round := range lanRounds(t) {
			settled()
			ws := watches(all)
			p := newcomer.start(t)
			seen = append(seen, since(p.readyAt, ws, p, awaitOnline)...)
			for _, other := range all {
				sees = append(sees, max(0, awaitOnline(p.fromStart(), other, time.Minute).Sub(p.readyAt)))
			}
			settled()
			ws = watches(all)
			from := time.Now()
			if round%2 == 0 {
				p.signal(syscall.SIGTERM)
				left = append(left, since(from, ws, p, awaitOffline)...)
			} else {
				p.kill()
				killed = append(killed, since(from, ws, p, awaitOffline)...)
			}
		}
		b.row("newcomer is seen, "+name, seen, limit)
		b.row("newcomer sees, "+name, sees, limit)
		if loss == 0 {
			b.row("clean leave is noticed, "+name, left, 150*time.Millisecond)
			b.row("kill -9 is noticed, "+name, killed, 300*time.Millisecond)
		}
	})
}

// changes measures the cable, the interface and sleep of one of eleven.
func (b *table) changes() {
	b.t.Run("changes", func(t *testing.T) {
		lan, all := residents(t, nil)
		p := home(t, lan, staying+1).start(t)
		meet(t, append(all, p)...)
		var pulled, plugged, remade, woken spread
		goAndCome := func(out, back func()) (gone, here spread) {
			settled()
			ws := watches(all)
			from := time.Now()
			out()
			gone = since(from, ws, p, awaitOffline)
			ws = watches(all)
			from = time.Now()
			back()
			return gone, since(from, ws, p, awaitOnline)
		}
		send := func(s syscall.Signal) func() { return func() { _ = p.cmd.Process.Signal(s) } }
		for range lanRounds(t) {
			gone, here := goAndCome(func() { lan.Do("unplug", staying+1) }, func() { lan.Do("plug", staying+1) })
			pulled, plugged = append(pulled, gone...), append(plugged, here...)
			_, here = goAndCome(func() { lan.Do("delif", staying+1) }, func() { lan.Do("newif", staying+1, "10.77.0.11/24") })
			remade = append(remade, here...)
			_, here = goAndCome(send(syscall.SIGSTOP), send(syscall.SIGCONT))
			woken = append(woken, here...)
		}
		b.row("cable pulled is noticed", pulled, 6*time.Second)
		b.row("cable is back", plugged, time.Second)
		b.row("interface re-created", remade, 3*time.Second)
		b.row("wake", woken, time.Second)
	})
}

// steady measures what all say when nothing happens.
func (b *table) steady() {
	b.t.Run("steady", func(t *testing.T) {
		lan, _ := residents(t, nil)
		<-time.After(10 * time.Second)
		lan.Do("count", "start")
		<-time.After(steadyTime)
		rate := float64(lan.Packets()) / steadyTime.Seconds() / staying
		verdict := "met"
		if rate > 0.05 {
			verdict = "MISSED"
			t.Errorf("%.4f mDNS packets a second and node", rate)
		}
		b.rows = append(b.rows, fmt.Sprintf("%-44s %.4f packets a second and node  limit 0.05  %s", "steady mDNS traffic", rate, verdict))
	})
}

// watched measures the pulled cable where the room is on the screen: ten that watch one.
func (b *table) watched() {
	b.t.Run("room open", func(t *testing.T) {
		lan := lanrig.Up(t, staying+1)
		p := home(t, lan, staying+1).start(t)
		var viewers []*viewer
		for host := 1; host <= staying; host++ {
			viewers = append(viewers, startViewer(t, lan, host, p.ready.PeerID))
		}
		var times spread
		for range lanRounds(t) {
			for _, v := range viewers {
				v.await(t, true)
			}
			settled()
			from := time.Now()
			lan.Do("unplug", staying+1)
			for _, v := range viewers {
				times = append(times, v.await(t, false).Sub(from))
			}
			lan.Do("plug", staying+1)
		}
		b.row("cable pulled is noticed, room open", times, 3*time.Second)
	})
}
