package chat_test

import (
	"testing"
	"time"

	"haggle/chat"
)

func playRestored(t *testing.T, test func(*desk)) {
	t.Helper()
	playWith(t, func(c *chat.Config) { c.Restored = true }, test)
}

// waits fails if a message was written already.
func (d *desk) waits(c chan fate[chat.Message]) {
	d.Helper()
	d.pass(time.Millisecond)
	select {
	case f := <-c:
		d.Fatalf("it was written: %+v, %v", f.value, f.err)
	default:
	}
}

// TestRestoredTakesBackFirst: what is written in a profile that came back waits until the other side has given back what it holds
// of one's own words, and so stands behind them, although the clock they were written by was a year ahead.
func TestRestoredTakesBackFirst(t *testing.T) {
	playRestored(t, func(d *desk) {
		room := d.opened(ann, me)
		old := authorIn(ann, me, chat.Seller, chat.DeviceID{0x99}) // the device that was lost
		ahead := chat.Clock(uint64(time.Now().AddDate(1, 0, 0).UnixMilli()) << 16)
		lost := says("lost")
		lost.clock = ahead
		g := old.group(lost)
		first, second := d.posting(room, "first"), d.posting(room, "second")
		d.waits(first) // nobody was heard yet
		f := d.linked(ann, annDevice)
		d.waits(first)
		f.say(f.have(room, old.head()), chat.Have{Mine: f.roleIn(chat.RoomFor(me.id, ann.id))})
		d.waits(first) // it is known what is missing
		f.say(f.entries(old.log, g))
		m, err := now(d, first)
		if err != nil || m.Clock <= ahead {
			t.Fatalf("clock %d, want above %d: %v", m.Clock, ahead, err)
		}
		if _, err := now(d, second); err != nil {
			t.Fatal(err)
		}
		d.shows(room, "lost first second")
	})
}

// TestRestoredWaitsForNobody: if the other is not there, or lacks nothing, or speaks of what it never gives, a message is written
// all the same.
func TestRestoredWaitsForNobody(t *testing.T) {
	for name, meet := range map[string]func(d *desk, room chat.RoomID) time.Duration{
		"nobody": func(*desk, chat.RoomID) time.Duration { return 11 * time.Second },
		"nothing missing": func(d *desk, _ chat.RoomID) time.Duration {
			d.met(ann, annDevice)
			return 0
		},
		"never given": func(d *desk, room chat.RoomID) time.Duration {
			old := authorIn(ann, me, chat.Seller, chat.DeviceID{0x99})
			old.group(says("lost"))
			f := d.linked(ann, annDevice)
			f.say(f.have(room, old.head()))
			return 11 * time.Second
		},
	} {
		t.Run(name, func(t *testing.T) {
			playRestored(t, func(d *desk) {
				room := d.opened(ann, me)
				c := d.posting(room, "hello")
				d.waits(c)
				after := meet(d, room)
				if after > 0 {
					d.waits(c)
				}
				d.pass(after)
				if _, err := now(d, c); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// TestRestoredEnds: what still waits when the program ends is written.
func TestRestoredEnds(t *testing.T) {
	playRestored(t, func(d *desk) {
		room := d.opened(ann, me)
		c := d.posting(room, "hello")
		d.waits(c)
		d.stop()
		if _, err := now(d, c); err != nil {
			t.Fatal(err)
		}
	})
}
