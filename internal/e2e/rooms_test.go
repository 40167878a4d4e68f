package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestD1BothOffline shows D1 and X9: both open the room and write while nobody can hear them; it is one room, whose ID
// depends on nothing but who buys from whom.
func TestD1BothOffline(t *testing.T) {
	t.Parallel()
	lan, anna, ben := pair(t)
	want, reverse := roomOf(t, anna, ben), roomOf(t, ben, anna)
	lan.Do("unplug", 1)
	var twice []*request
	for range 2 { // two clicks
		twice = append(twice, ben.send("rooms.open", object{"seller": anna.ready.PeerID}))
	}
	created := 0
	for _, r := range twice {
		if o := result[opened](ben, "rooms.open", r); o.Room.RoomID != want {
			t.Errorf("room %s, want %s", o.Room.RoomID, want)
		} else if o.Created {
			created++
		}
	}
	if created != 1 {
		t.Errorf("created %d times, want once", created)
	}
	call[opened](anna, "rooms.open", object{"buyer": ben.ready.PeerID})
	other := call[opened](anna, "rooms.open", object{"seller": ben.ready.PeerID}).Room
	if other.RoomID != reverse || other.Role != "buyer" || reverse == want {
		t.Errorf("the other direction is %s, want %s", jsonOf(other), reverse)
	}
	a, b := post(anna, want, "From the seller"), post(ben, want, "From the buyer")
	lan.Do("plug", 1)
	awaitReceived(anna.fromStart(), b, patience)
	awaitReceived(ben.fromStart(), a, patience)
	if list := wantSame(t, want, anna, ben); len(list) != 2 {
		t.Errorf("the room holds %s", jsonOf(list))
	}
	if inbox := rooms(ben, ""); len(inbox) != 1 {
		t.Errorf("Ben's inbox is %s", jsonOf(inbox))
	}
}

// TestD2Pages shows D2 and X7: pages of any size hold each message once and in order, both ways, whatever was written in
// the same millisecond.
func TestD2Pages(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	id := open(anna, ben).RoomID
	const each = 150
	fromA, fromB := say(anna, id, texts("anna", each)...), say(ben, id, texts("ben", each)...)
	lastA, lastB := said(anna, fromA)[each-1], said(ben, fromB)[each-1]
	awaitReceived(anna.fromStart(), lastB, patience)
	awaitReceived(ben.fromStart(), lastA, patience)
	whole := wantSame(t, id, anna, ben)
	if len(whole) != 2*each {
		t.Fatalf("%d messages, want %d", len(whole), 2*each)
	}
	for _, limit := range []int{1, 7, 50, 299, 300, 301} {
		if got := historyBy(anna, id, limit); jsonOf(got) != jsonOf(whole) {
			t.Errorf("pages of %d backwards hold something else", limit)
		}
		got := whole[:1:1]
		for {
			page := call[ofMessages](anna, "messages.list", object{"roomId": id, "after": got[len(got)-1].MessageID, "limit": limit}).Messages
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if jsonOf(got) != jsonOf(whole) {
			t.Errorf("pages of %d forwards hold something else", limit)
		}
	}
	if page := call[ofMessages](anna, "messages.list", object{"roomId": id}).Messages; jsonOf(page) != jsonOf(whole[len(whole)-50:]) {
		t.Errorf("without a limit the page is not the newest 50 but %d", len(page))
	}
	wantRefused(anna, "invalid", "messages.list", object{"roomId": id, "limit": 501})
	wantRefused(anna, "invalid", "messages.list", object{"roomId": id, "before": whole[1].MessageID, "after": whole[0].MessageID})
	wantRefused(anna, "notFound", "messages.list", object{"roomId": strings.Repeat("0", 64)})
}

// TestD6Withdraw shows D6 and D24: a message that waits can be taken back for good, across a restart; one that was
// delivered cannot.
func TestD6Withdraw(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	id := open(anna, ben).RoomID
	delivered := post(ben, id, "Delivered")
	awaitDelivered(ben.fromStart(), delivered, patience)
	wantRefused(ben, "invalid", "messages.cancel", object{"messageId": delivered.MessageID})
	wantRefused(anna, "invalid", "messages.cancel", object{"messageId": delivered.MessageID})

	anna.quit()
	awaitOffline(ben.fromStart(), anna, patience)
	regretted, kept := post(ben, id, "Regretted words"), post(ben, id, "Kept words")
	got := call[ofMessage](ben, "messages.cancel", object{"messageId": regretted.MessageID}).Message
	if got.State != "withdrawn" || got.Text != "" || got.MessageID != regretted.MessageID {
		t.Errorf("taken back: %s", jsonOf(got))
	}
	ben.kill()
	ben = ben.restart()
	anna = anna.restart()
	awaitReceived(anna.fromStart(), kept, patience)
	shown := func(p *program) (list []string) {
		for _, m := range history(p, id) {
			list = append(list, m.State+" "+m.Text)
		}
		return list
	}
	if got := shown(anna); !slices.Equal(got, []string{"received Delivered", "received Kept words"}) {
		t.Errorf("the other side shows %q", got)
	}
	awaitDelivered(ben.fromStart(), kept, patience)
	if got := shown(ben); !slices.Equal(got, []string{"delivered Delivered", "withdrawn ", "delivered Kept words"}) {
		t.Errorf("the author's side shows %q", got)
	}
	for _, p := range []*program{anna, ben} {
		if n := len(call[ofMessages](p, "messages.search", object{"query": "regretted"}).Messages); n != 0 {
			t.Errorf("search finds %d withdrawn messages", n)
		}
	}
}

// TestD12Unread shows D12, D13 and X16: unread counts are each side's own, what arrives after a mark stays unread, and
// read receipts are sent only if wanted.
func TestD12Unread(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	id := open(anna, ben).RoomID
	sent := said(ben, say(ben, id, texts("ben", 10)...))
	awaitReceived(anna.fromStart(), sent[9], patience)
	unreadOf := func(p *program) int { return roomIn(rooms(p, ""), id).Unread }
	if a, b := unreadOf(anna), unreadOf(ben); a != 10 || b != 0 {
		t.Errorf("unread %d and %d, want 10 and 0", a, b)
	}
	mark := func(m message) int {
		t.Helper()
		return call[unread](anna, "messages.markRead", object{"roomId": id, "upTo": m.MessageID}).Unread
	}
	if left := mark(sent[3]); left != 6 || unreadOf(anna) != 6 {
		t.Errorf("unread %d and %d, want 6", left, unreadOf(anna))
	}
	await(ben.fromStart(), patience, "message.state", func(n stateNotice) bool { return n.State == "read" && n.Seq == sent[3].Seq })
	states := history(ben, id)
	wantStates(t, ben, states[:4], "read")
	wantStates(t, ben, states[4:], "delivered")
	if left := mark(sent[1]); left != 6 {
		t.Errorf("a mark went back: %d unread, want 6", left)
	}

	call[ofSelf](anna, "self.set", object{"readReceipts": false})
	w := ben.watch()
	if left := mark(sent[9]); left != 0 {
		t.Errorf("%d unread, want none", left)
	}
	answer := post(anna, id, "Read, but I do not say so")
	awaitReceived(ben.fromStart(), answer, patience)
	after := post(ben, id, "Did you read it?")
	awaitDelivered(w, after, patience)
	wantStates(t, ben, history(ben, id)[4:], "delivered")
	if unreadOf(anna) != 1 {
		t.Errorf("%d unread, want what came after the mark", unreadOf(anna))
	}
	anna.kill()
	anna = anna.restart()
	if unreadOf(anna) != 1 || call[ofSelf](anna, "self.get", nil).Self.ReadReceipts {
		t.Error("read marks or the wish about receipts did not survive")
	}
}

// TestD20Draft shows D20: what was typed survives kill -9, room by room.
func TestD20Draft(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben := alone(t).start(t), alone(t).start(t)
	first := call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID}).Room.RoomID
	second := call[opened](ben, "rooms.open", object{"buyer": anna.ready.PeerID}).Room.RoomID
	text := "半句话\nand half a sen"
	call[nothing](ben, "rooms.setDraft", object{"roomId": first, "text": "old"})
	call[nothing](ben, "rooms.setDraft", object{"roomId": first, "text": text})
	ben.kill()
	ben = ben.restart()
	inbox := rooms(ben, "")
	if got := roomIn(inbox, first).Draft; got != text {
		t.Errorf("draft %q, want %q", got, text)
	}
	if got := roomIn(inbox, second).Draft; got != "" {
		t.Errorf("draft %q in a room without one", got)
	}
	call[nothing](ben, "rooms.setDraft", object{"roomId": first, "text": ""})
	ben.kill()
	ben = ben.restart()
	if got := roomIn(rooms(ben, ""), first).Draft; got != "" {
		t.Errorf("draft %q after it was cleared", got)
	}
	wantRefused(ben, "notFound", "rooms.setDraft", object{"roomId": strings.Repeat("0", 64), "text": "x"})
}

// TestD22Search shows D22: substrings, Chinese too, in a room and in all, newest first.
func TestD22Search(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 3)
	anna, ben, carl := all[0], all[1], all[2]
	first, second := open(anna, ben).RoomID, open(anna, carl).RoomID
	for _, m := range []struct {
		p          *program
		room, text string
	}{{ben, first, "自行车还在吗"}, {carl, second, "The bicycle, is it RED?"}, {ben, first, "a red one, 红色的自行车"}} {
		awaitReceived(anna.fromStart(), post(m.p, m.room, m.text), patience)
		<-time.After(2 * time.Millisecond) // in two rooms, what was written in one millisecond has no order
	}
	found := func(params object) string {
		var got []string
		for _, m := range call[ofMessages](anna, "messages.search", params).Messages {
			got = append(got, m.Text)
		}
		return strings.Join(got, " | ")
	}
	for _, c := range []struct {
		params object
		want   string
	}{
		{object{"query": "自行车"}, "a red one, 红色的自行车 | 自行车还在吗"},
		{object{"query": "red"}, "a red one, 红色的自行车 | The bicycle, is it RED?"},
		{object{"query": "red", "roomId": second}, "The bicycle, is it RED?"},
		{object{"query": "red", "limit": 1}, "a red one, 红色的自行车"},
		{object{"query": "green"}, ""},
	} {
		if got := found(c.params); got != c.want {
			t.Errorf("%s finds %q, want %q", jsonOf(c.params), got, c.want)
		}
	}
}

// TestE4DeletedRoom shows E4, X2 and X19: a deleted room is silent until a new message brings it back, without the old
// ones and under the same ID.
func TestE4DeletedRoom(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	id := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), said(ben, say(ben, id, texts("old", 20)...))[19], patience)
	awaitDelivered(anna.fromStart(), post(anna, id, "Old answer"), patience)
	call[nothing](anna, "rooms.delete", object{"roomId": id})
	if inbox := rooms(anna, ""); len(inbox) != 0 {
		t.Errorf("X19: the inbox is %s", jsonOf(inbox))
	}
	w := anna.watch()
	if n := len(call[ofMessages](anna, "messages.search", object{"query": "old"}).Messages); n != 0 {
		t.Errorf("search finds %d deleted messages", n)
	}
	ben.quit()
	ben = ben.restart()
	awaitOnline(w, ben, patience)
	anna.quit()
	anna = anna.restart()
	meet(t, anna, ben)
	if n := anna.fromStart().count("room.changed") + anna.fromStart().count("message.received"); n != 0 {
		t.Errorf("X2: %d notices about a deleted room", n)
	}
	if inbox := rooms(anna, ""); len(inbox) != 0 {
		t.Errorf("X19: the inbox is %s after a restart", jsonOf(inbox))
	}

	fresh := post(ben, id, "Are you back?")
	awaitReceived(anna.fromStart(), fresh, patience)
	if list := history(anna, id); len(list) != 1 || list[0].MessageID != fresh.MessageID {
		t.Errorf("the room holds %d messages, want the new one", len(list))
	}
	inbox := rooms(anna, "")
	if len(inbox) != 1 || inbox[0].RoomID != id || inbox[0].Unread != 1 {
		t.Errorf("X19: the inbox is %s", jsonOf(inbox))
	}
	if o := call[opened](anna, "rooms.open", object{"buyer": ben.ready.PeerID}); o.Room.RoomID != id || o.Created {
		t.Errorf("opened %s, created %v", o.Room.RoomID, o.Created)
	}
	awaitReceived(ben.fromStart(), post(anna, id, "Here I am"), patience)
	if n := len(history(ben, id)); n != 23 {
		t.Errorf("the other side holds %d messages, want all 23", n)
	}
}

// TestX1AttemptsEnd shows X1, X3 and D6: trying to reach somebody who is gone ends in a state that a person sees, the
// text stays, and it leaves as soon as they are back.
func TestX1AttemptsEnd(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	id := open(anna, ben).RoomID
	anna.quit()
	gone := awaitOffline(ben.fromStart(), anna, patience)
	m := post(ben, id, "Anybody there?")
	until(ben, patience, "some attempts", func() bool { return time.Since(gone) > 3*time.Second })
	list := call[ofPeers](ben, "peers.list", nil).Peers
	if len(list) != 1 || list[0].Online || list[0].LastSeen == nil {
		t.Errorf("X1: peers %s, want one, offline, with the time it was seen", jsonOf(list))
	}
	if list := history(ben, id); len(list) != 1 || list[0].State != "waiting" || list[0].Text != "Anybody there?" {
		t.Errorf("X3: %s, want one that waits", jsonOf(list))
	}
	wantRefused(ben, "unreachable", "peers.add", object{"address": list[0].Addresses[0]})
	anna = anna.restart()
	back := awaitReceived(anna.fromStart(), m, patience)
	if took := back.Sub(anna.readyAt); took > 5*time.Second {
		t.Errorf("arrived %v after the other was back, want at most 5 s", took)
	}
}

// TestX11NewNameEverywhere shows X11 and A4: a changed name is on what was said before, and one that two have carries a
// mark.
func TestX11NewNameEverywhere(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 3)
	anna, ben, carl := all[0], all[1], all[2]
	id := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, id, "Before"), patience)
	name := func(want string) {
		t.Helper()
		call[ofSelf](ben, "self.set", object{"name": want})
		until(anna, patience, "the name "+want, func() bool { return roomIn(rooms(anna, ""), id).Peer.Name == want })
	}
	call[ofSelf](carl, "self.set", object{"name": "Carl"})
	name("Ben")
	if r := roomIn(rooms(anna, ""), id); r.Peer.NameTag != nil {
		t.Errorf("the mark is %q, want none", *r.Peer.NameTag)
	}
	name("Веn")  // the first letters are Cyrillic
	name("СаrI") // looks like Carl
	until(anna, patience, "marks on both", func() bool {
		marked := 0
		for _, p := range call[ofPeers](anna, "peers.list", nil).Peers {
			if p.NameTag != nil && *p.NameTag != "" {
				marked++
			}
		}
		return marked == 2
	})
	if list := history(anna, id); len(list) != 1 || list[0].Author != ben.ready.PeerID {
		t.Errorf("history %s", jsonOf(list))
	}
}

// TestX12NobodyElse shows X12: a third, who knows both, reads nothing of their room.
func TestX12NobodyElse(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 3)
	anna, ben, carl := all[0], all[1], all[2]
	id := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, id, "Between us"), patience)
	open(anna, carl)
	awaitReceived(anna.fromStart(), post(carl, roomOf(t, anna, carl), "And to me"), patience)
	wantRefused(carl, "notFound", "messages.list", object{"roomId": id})
	wantRefused(carl, "notFound", "messages.send", object{"roomId": id, "text": "Let me in"})
	wantRefused(carl, "notFound", "rooms.accept", object{"roomId": id})
	if inbox := rooms(carl, ""); len(inbox) != 1 || roomIn(inbox, id) != nil {
		t.Errorf("the inbox is %s", jsonOf(inbox))
	}
	if n := len(call[ofMessages](carl, "messages.search", object{"query": "between"}).Messages); n != 0 {
		t.Errorf("search finds %d", n)
	}
	if n := carl.fromStart().count("message.received"); n != 0 {
		t.Errorf("%d messages were told", n)
	}
}
