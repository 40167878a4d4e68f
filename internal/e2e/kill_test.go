package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// writer says one thing after the other, a few at once, until its program ends or it is stopped.
type writer struct {
	p     *program
	stop  chan struct{}
	ended chan struct{}
	sent  []sentText // read once ended is closed
}

type sentText struct {
	text string
	*request
}

// underWay is how many requests of a writer are unanswered at most.
const underWay = 8

func startWriter(p *program, room, who string) *writer {
	w := &writer{p: p, stop: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for i := 0; ; i++ {
			text := fmt.Sprintf("%s %06d", who, i)
			w.sent = append(w.sent, sentText{text, say(p, room, text)[0]})
			if i >= underWay {
				<-w.sent[i-underWay].done
			}
			select {
			case <-w.stop:
				return
			case <-p.exited:
				return
			case <-pace.C:
			}
		}
	}()
	return w
}

// answered returns the texts whose answer came, and the others.
func (w *writer) answered(t *testing.T) (kept, lost []string) {
	t.Helper()
	<-w.ended
	for _, s := range w.sent {
		_, err := s.wait(patience)
		switch {
		case err == nil:
			kept = append(kept, s.text)
		case errors.Is(err, errGone):
			lost = append(lost, s.text)
		default:
			t.Fatalf("%q: %v", s.text, err)
		}
	}
	return kept, lost
}

// TestPoint3Killed shows point 3 of the issue, and D4, D5, D8, F4 and F9: either process or both are killed with kill -9 at
// random instants while both write, every third time also while they start. Nothing that was answered is missing, nothing
// is doubled, no tick was a lie, every start works.
func TestPoint3Killed(t *testing.T) {
	rounds := 8
	if soak {
		rounds = 1000
	}
	seed, err := strconv.ParseUint(os.Getenv("HAGGLE_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("draws its lots from HAGGLE_SEED=%d", seed)
	lan, anna, ben := pair(t)
	k := &killing{
		t: t, lan: lan, chance: rand.New(rand.NewPCG(seed, 0)), room: open(anna, ben).RoomID,
		both: [2]*program{anna, ben}, maybe: map[string]bool{},
	}
	for round := range rounds {
		k.play(round)
		if t.Failed() {
			t.Fatalf("failed in round %d", round)
		}
	}
	list := wantSame(t, k.room, k.both[:]...)
	wantOnce(t, "the room", list, k.kept...)
	count := map[string]int{}
	for _, m := range list {
		if count[m.Text]++; count[m.Text] > 1 && k.maybe[m.Text] {
			t.Errorf("%q, whose answer did not come, is there %d times", m.Text, count[m.Text])
		}
	}
	if least := len(k.kept); len(list) < least || len(list) > least+len(k.maybe) {
		t.Errorf("%d messages; %d were answered, %d not", len(list), least, len(k.maybe))
	}
	for _, p := range k.both {
		wantStates(t, p, history(p, k.room), "delivered")
	}
	t.Logf("%d rounds: %d messages answered, %d not; ready after %v", rounds, len(k.kept), len(k.maybe), k.starts)
	if len(k.maybe) == 0 {
		t.Error("no kill fell between a request and its answer")
	}
}

// killing is one play of kills, and what has to be true after it.
type killing struct {
	t      *testing.T
	lan    *lanrig.LAN
	chance *rand.Rand
	room   string
	both   [2]*program
	kept   []string        // texts whose answer came
	maybe  map[string]bool // texts whose answer did not come: there once or not at all
	starts spread
}

func (k *killing) play(round int) {
	k.t.Helper()
	var writers [2]*writer
	for i, p := range k.both {
		writers[i] = startWriter(p, k.room, fmt.Sprintf("%d of round %d", i, round))
	}
	instant(k.chance, 300*time.Millisecond)
	victims := []int{k.chance.IntN(2)}
	if k.chance.IntN(4) == 0 {
		victims = append(victims, 1-victims[0])
	}
	for _, v := range victims {
		k.both[v].kill()
	}
	var own [2][]string
	for i, w := range writers {
		close(w.stop)
		answered, others := w.answered(k.t)
		own[i], k.kept = answered, append(k.kept, answered...)
		for _, text := range others {
			k.maybe[text] = true
		}
	}
	apart := len(victims) == 1 && round%4 == 1 // so that it cannot get back before it is asked
	var ticked []string
	if apart {
		k.lan.Do("unplug", k.both[victims[0]].place.host)
		for _, m := range history(k.both[1-victims[0]], k.room) {
			if m.State == "delivered" {
				ticked = append(ticked, m.Text)
			}
		}
	}
	for _, v := range victims {
		if round%3 == 2 {
			starting := k.both[v].place.launch(k.t)
			instant(k.chance, 80*time.Millisecond)
			starting.kill()
		}
		p := k.both[v].restart()
		k.both[v], k.starts = p, append(k.starts, p.readyAt.Sub(p.begun))
		list := history(p, k.room)
		where := fmt.Sprintf("round %d: the killed one", round)
		wantUnique(k.t, where, list)
		wantOnce(k.t, where, list, own[v]...)
		wantOnce(k.t, where+", of what it acknowledged,", list, ticked...)
	}
	if apart {
		k.lan.Do("plug", k.both[victims[0]].place.host)
	}
	k.converge(round)
}

// converge waits until both hold the same.
func (k *killing) converge(round int) {
	k.t.Helper()
	for i, p := range k.both {
		last := post(p, k.room, fmt.Sprintf("%d at the end of round %d", i, round))
		k.kept = append(k.kept, last.Text)
		awaitReceived(k.both[1-i].fromStart(), last, patience)
		awaitDelivered(p.fromStart(), last, patience)
	}
}

// instant waits for a random time up to most.
func instant(chance *rand.Rand, most time.Duration) {
	<-time.After(time.Duration(chance.Int64N(int64(most))))
}

// TestD4KilledRightAfterTheAnswer shows D4: what was answered is there after kill -9 and is delivered.
func TestD4KilledRightAfterTheAnswer(t *testing.T) {
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	anna.quit()
	m := post(ben, room, "Is it still there?")
	ben.kill()
	ben = ben.restart()
	if list := history(ben, room); len(list) != 1 || list[0].MessageID != m.MessageID || list[0].State != "waiting" {
		t.Errorf("history %s", jsonOf(list))
	}
	anna = anna.restart()
	awaitReceived(anna.fromStart(), m, patience)
	awaitDelivered(ben.fromStart(), m, patience)
}
