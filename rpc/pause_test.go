package rpc_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"haggle/internal/lan"
)

// TestRoomPause: a room that changes all the time is told of fifty times a second, not with each message and once more with
// each receipt; a change alone is told at once, and the last of many is never left out.
func TestRoomPause(t *testing.T) {
	const messages, apart = 40, time.Millisecond // a stranger may send fifty
	synctest.Test(t, func(t *testing.T) {
		net := lan.New(1, lan.Faults{})
		p, _ := start(t, net, 1, setup{}), start(t, net, 2, setup{})
		settle()
		room := p.room(peerOf(2))
		settle()
		p.all()
		say := func(n int) {
			p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"messages.send","params":{"roomId":"%s","text":"number %d"}}`, n, room, n))
		}
		told := func() (changes int, last, state string) {
			t.Helper()
			for _, line := range p.all() {
				m := p.parse(line)
				if m.Method != "room.changed" {
					continue
				}
				changes++
				var params struct {
					Room struct {
						LastMessage struct{ Text, State string }
					}
				}
				if err := json.Unmarshal(m.Params, &params); err != nil {
					t.Fatal(err)
				}
				last, state = params.Room.LastMessage.Text, params.Room.LastMessage.State
			}
			return changes, last, state
		}
		begun := time.Now()
		say(0)
		p.notice("room.changed")
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("the first change was told after %v", waited)
		}
		settle()
		if changes, last, state := told(); changes != 1 || last != "number 0" || state != "delivered" {
			t.Errorf("then %d changes were told, of which the last shows %q, %s", changes, last, state)
		}

		for n := range messages {
			say(n + 1)
			<-time.After(apart)
		}
		settle()
		changes, last, state := told()
		if most := int(messages*apart/(20*time.Millisecond)) + 3; changes > most || changes < 2 {
			t.Errorf("%d changes were told of %d messages, want at most %d", changes, messages, most)
		}
		if want := fmt.Sprintf("number %d", messages); last != want || state != "delivered" {
			t.Errorf("the last change shows %q, %s, want %q", last, state, want)
		}
	})
}

// TestRoomPauseEnds: what waits is told before the end.
func TestRoomPauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room := p.room(peerOf(2))
		settle()
		p.all()
		for n := range 2 {
			p.ask("messages.send", fmt.Sprintf(`{"roomId":"%s","text":"number %d"}`, room, n), "message")
		}
		_ = p.in.Close()
		<-p.served
		synctest.Wait()
		changes := 0
		for _, line := range p.all() {
			if p.parse(line).Method == "room.changed" {
				changes++
			}
		}
		if changes != 1 { // that after the first answer was read over by the second request
			t.Errorf("%d changes were told at the end", changes)
		}
	})
}
