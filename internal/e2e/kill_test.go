package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
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

// TestPoint3Killed shows point 3 of the issue, and D4, D8, F4 and F9: either process is killed with kill -9 at random
// instants while both write, every third time also while it starts. Nothing that was answered is missing, nothing is
// doubled, every start works.
func TestPoint3Killed(t *testing.T) {
	rounds := 8
	if soak {
		rounds = 200
	}
	seed := uint64(time.Now().UnixNano())
	chance := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)

	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	both := []*program{anna, ben}
	kept, unanswered := 0, 0
	var all []string               // texts whose answer came, of both
	maybe := make(map[string]bool) // texts whose answer did not come: there once or not at all
	var starts spread
	for round := range rounds {
		var writers []*writer
		for i, p := range both {
			writers = append(writers, startWriter(p, room, fmt.Sprintf("%d of round %d", i, round)))
		}
		instant(chance, 300*time.Millisecond)
		victim := chance.IntN(2)
		both[victim].kill()
		if round%3 == 2 {
			starting := both[victim].place.launch(t)
			instant(chance, 80*time.Millisecond)
			starting.kill()
		}
		both[victim] = both[victim].restart()
		starts = append(starts, both[victim].readyAt.Sub(both[victim].begun))

		close(writers[1-victim].stop)
		own := map[int][]string{}
		for i, w := range writers {
			answered, others := w.answered(t)
			own[i] = answered
			all = append(all, answered...)
			kept, unanswered = kept+len(answered), unanswered+len(others)
			for _, text := range others {
				maybe[text] = true
			}
		}
		list := history(both[victim], room)
		wantUnique(t, "the killed one", list)
		wantOnce(t, fmt.Sprintf("round %d: the killed one", round), list, own[victim]...)

		// Both end up with the same before the next round begins.
		for i, p := range both {
			other := both[1-i]
			last := post(p, room, fmt.Sprintf("%d at the end of round %d", i, round))
			awaitReceived(other.fromStart(), last, patience)
			awaitDelivered(p.fromStart(), last, patience)
		}
		if t.Failed() {
			t.Fatalf("failed in round %d", round)
		}
	}
	list := wantSame(t, room, both...)
	wantOnce(t, "the room", list, all...)
	count := map[string]int{}
	for _, m := range list {
		if count[m.Text]++; count[m.Text] > 1 && maybe[m.Text] {
			t.Errorf("%q, whose answer did not come, is there %d times", m.Text, count[m.Text])
		}
	}
	if want := len(all) + 2*rounds; len(list) < want || len(list) > want+len(maybe) {
		t.Errorf("%d messages; %d were answered, %d not", len(list), want, len(maybe))
	}
	for _, p := range both {
		wantStates(t, p, history(p, room), "delivered")
	}
	t.Logf("%d rounds: %d messages answered, %d not; ready after %v", rounds, kept, unanswered, starts)
	if unanswered == 0 {
		t.Error("no kill fell between a request and its answer")
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
