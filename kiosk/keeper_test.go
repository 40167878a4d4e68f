package kiosk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// screen is a Window that a test plays.
type screen struct {
	report Report
	at     time.Time
	lines  chan string
	gone   chan struct{} // closed when it is to end, or has
	once   sync.Once
	how    Ended
	quit   bool
	killed bool
}

func (s *screen) Lines() <-chan string { return s.lines }
func (s *screen) Wait() Ended          { return s.how }
func (s *screen) Kill()                { s.killed = true; s.ends(Crashed) }
func (s *screen) Quit()                { s.quit = true; s.ends(ByOwner) }
func (s *screen) ends(how Ended)       { s.once.Do(func() { s.how = how; close(s.gone) }) }

// lives says a line each second until so long has passed or it has ended.
func (s *screen) lives(line string, d time.Duration) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); {
		s.lines <- line
		select {
		case <-tick.C:
		case <-s.gone:
			return
		}
	}
}

// keep runs a Keeper whose windows are played by play, one after the other, until ctx ends or it returns.
func keep(ctx context.Context, play func(*screen)) (shown []*screen) {
	k := &Keeper{Logger: slog.New(slog.DiscardHandler)}
	k.Start = func(r Report) (Window, error) {
		s := &screen{report: r, at: time.Now(), lines: make(chan string, 8), gone: make(chan struct{})}
		shown = append(shown, s)
		go func() {
			defer close(s.lines)
			play(s)
			<-s.gone
		}()
		return s, nil
	}
	_ = k.Run(ctx)
	synctest.Wait()
	return shown
}

// TestG6Hang: a window that does not answer is killed and back within ten seconds; one that starts slowly is left alone.
func TestG6Hang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		n := 0
		shown := keep(t.Context(), func(s *screen) {
			if n++; n == 2 {
				s.lives(lineAlive, 3*time.Second)
				s.ends(ByOwner)
				return
			}
			s.lives(lineStarting, time.Minute)
			s.lives(lineAlive, time.Minute)
			last = time.Now() // and from now on it hangs
		})
		if len(shown) != 2 || !shown[0].killed {
			t.Fatalf("%d windows, the first %+v", len(shown), shown[0])
		}
		if took := shown[1].at.Sub(last); took > 8*time.Second {
			t.Errorf("back after %v", took)
		}
		if r := shown[1].report; r.Restarts != 1 || r.Last != Hung || r.Help || r.LastAt.IsZero() {
			t.Errorf("the window is told %+v", r)
		}
	})
}

// TestG6NoEndlessStart: a window that only ever says that it starts is hung, too.
func TestG6NoEndlessStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), startLimit+time.Minute)
		defer cancel()
		if shown := keep(ctx, func(s *screen) { s.lives(lineStarting, time.Hour) }); len(shown) < 2 || !shown[0].killed {
			t.Errorf("%d windows", len(shown))
		}
	})
}

// TestG6Crash: a window that crashed is back within two seconds, later with pauses, and at last a page asks for help, which
// gives way to another try by itself or when somebody asks.
func TestG6Crash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		helped := 0
		shown := keep(ctx, func(s *screen) {
			if !s.report.Help {
				s.ends(Crashed)
				return
			}
			if helped++; helped == 1 {
				s.lives(lineAlive, time.Minute)
				s.ends(Again)
				return
			}
			s.lives(lineAlive, time.Hour)
		})
		var pauses []time.Duration
		for i := 1; i < len(shown); i++ {
			pauses = append(pauses, shown[i].at.Sub(shown[i-1].at).Round(time.Second/2))
			if shown[i].report.Help {
				break
			}
		}
		want := []time.Duration{time.Second / 2, time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second, 0}
		if len(pauses) != len(want) {
			t.Fatalf("asks for help after %v, want %v", pauses, want)
		}
		for i := range want {
			if pauses[i] != want[i] {
				t.Errorf("pauses %v, want %v", pauses, want)
				break
			}
		}
		if shown[1].at.Sub(shown[0].at) > 2*time.Second {
			t.Error("the first restart is not within two seconds")
		}
		starts, helps := 0, 0
		for _, s := range shown {
			if s.report.Help {
				helps++
			} else {
				starts++
			}
		}
		if helps < 4 || helps > 8 || starts > 6*(helps+1) {
			t.Errorf("in an hour %d starts and %d pages that ask for help: a loop", starts, helps)
		}
	})
}

// TestG6SeldomCrash: crashes that lie far apart never add up to a call for help.
func TestG6SeldomCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		for _, s := range keep(ctx, func(s *screen) { s.lives(lineAlive, 10*time.Minute); s.ends(Crashed) }) {
			if s.report.Help {
				t.Fatal("asks for help")
			}
		}
	})
}

// TestG6HelpThatCrashes: a page that cannot be shown either is tried once a minute, and a window that cannot be started counts
// as one that crashed.
func TestG6HelpThatCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tries := 0
		k := &Keeper{Logger: slog.New(slog.DiscardHandler), Start: func(Report) (Window, error) {
			tries++
			return nil, errors.New("no such file")
		}}
		if err := k.Run(ctx); err != nil || tries > 70 || tries < 50 {
			t.Errorf("%d tries in an hour, %v", tries, err)
		}
	})
}

// TestKeeperEnds: what ends the parent ends the window, one that hangs, too.
func TestKeeperEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		shown := keep(ctx, func(s *screen) { s.lives(lineAlive, time.Hour) })
		if len(shown) != 1 || !shown[0].quit {
			t.Errorf("%d windows, the first quit: %t", len(shown), shown[0].quit)
		}
	})
}

// TestPipes: a window hears the report and the parent's end, and its beats stop with the goroutine that draws.
func TestPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read, write := io.Pipe()
		gone := make(chan struct{})
		want := Report{Begun: time.Now(), Restarts: 3, Last: Hung}
		go func() { _ = Tell(write, want) }()
		got, err := Hear(read, func() { close(gone) })
		if err != nil || got.Restarts != 3 || got.Last != Hung || !got.Begun.Equal(want.Begun) {
			t.Errorf("%+v, %v", got, err)
		}
		_ = write.Close()
		<-gone

		var out bytes.Buffer
		begun, stop := make(chan struct{}), make(chan struct{})
		var jam atomic.Bool
		go Beat(&out, begun, stop, func(f func()) {
			if !jam.Load() {
				f()
			}
		})
		<-time.After(2500 * time.Millisecond)
		close(begun)
		<-time.After(2 * time.Second)
		jam.Store(true)
		<-time.After(time.Minute)
		close(stop)
		synctest.Wait()
		if got := strings.Fields(out.String()); strings.Join(got, " ") != "starting starting starting alive alive" {
			t.Errorf("the window says %q", got)
		}
	})
}
