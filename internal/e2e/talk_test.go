package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// check looks at all that a process said: JSON-RPC and nothing else, messages told once and in the order of their logs.
func (p *program) check() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.broken) > 0 {
		p.t.Errorf("%s: %d lines are wrong, first %s", p.place.data, len(p.broken), p.broken[0])
	}
	last := map[string]uint64{}
	for _, n := range p.notices {
		switch n.method {
		case "message.received":
			var told ofMessage
			if err := exact(&told, n.params); err != nil {
				p.t.Errorf("%v: %s", err, n.params)
				continue
			}
			m := told.Message
			log := m.RoomID + m.Author + m.DeviceID
			if m.Seq <= last[log] {
				p.t.Errorf("%s: message %d of a log told after %d", p.place.data, m.Seq, last[log])
			}
			last[log] = m.Seq
		case "lagged":
			p.t.Errorf("%s: notifications were dropped: %s", p.place.data, n.params)
		}
	}
}

// meet waits until each reports the other online.
func meet(t testing.TB, all ...*program) {
	t.Helper()
	for _, p := range all {
		for _, other := range all {
			if p != other {
				awaitOnline(p.fromStart(), other, patience)
			}
		}
	}
}

func awaitOnline(w watch, other *program, within time.Duration) time.Time {
	w.p.t.Helper()
	return awaitPresence(w, "peer.online", other, within)
}

func awaitOffline(w watch, other *program, within time.Duration) time.Time {
	w.p.t.Helper()
	return awaitPresence(w, "peer.offline", other, within)
}

func awaitPresence(w watch, method string, other *program, within time.Duration) time.Time {
	w.p.t.Helper()
	n, at := await(w, within, method, func(n ofPeer) bool { return n.Peer.PeerID == other.ready.PeerID })
	if n.Peer.Online != (method == "peer.online") {
		w.p.t.Errorf("%s tells online = %v", method, n.Peer.Online)
	}
	return at
}

// add makes p link to other by address.
func add(p, other *program) peer {
	p.t.Helper()
	return call[ofPeer](p, "peers.add", object{"address": other.ready.Addresses[0]}).Peer
}

// open opens the room of seller and buyer on both sides, so that neither is a stranger.
func open(seller, buyer *program) room {
	seller.t.Helper()
	call[opened](seller, "rooms.open", object{"buyer": buyer.ready.PeerID})
	return call[opened](buyer, "rooms.open", object{"seller": seller.ready.PeerID}).Room
}

// roomOf computes the room's ID as the protocol says.
func roomOf(t testing.TB, seller, buyer *program) string {
	t.Helper()
	var ids [2]chat.PeerID
	for i, p := range []*program{buyer, seller} {
		id, err := chat.ParsePeerID(p.ready.PeerID)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = id
	}
	return chat.RoomFor(ids[0], ids[1]).String()
}

// say sends texts without waiting for answers in between.
func say(p *program, room string, texts ...string) []*request {
	sent := make([]*request, len(texts))
	for i, text := range texts {
		sent[i] = p.send("messages.send", object{"roomId": room, "text": text})
	}
	return sent
}

// said waits for the answers to say, and returns the messages.
func said(p *program, sent []*request) []message {
	p.t.Helper()
	list := make([]message, len(sent))
	for i, r := range sent {
		list[i] = result[ofMessage](p, "messages.send", r).Message
		if i > 0 && list[i].DeviceID == list[i-1].DeviceID && list[i].Seq <= list[i-1].Seq {
			p.t.Fatalf("message %d has seq %d, the one before %d", i, list[i].Seq, list[i-1].Seq)
		}
	}
	return list
}

// post says one thing and returns the message once it is durable.
func post(p *program, room, text string) message {
	p.t.Helper()
	return said(p, say(p, room, text))[0]
}

// texts makes n different texts of a person.
func texts(who string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s %06d", who, i+1)
	}
	return list
}

// awaitReceived waits until a program told of a message, and so of all before it in that log.
func awaitReceived(w watch, m message, within time.Duration) time.Time {
	w.p.t.Helper()
	_, at := await(w, within, "message.received", func(n ofMessage) bool { return n.Message.MessageID == m.MessageID })
	return at
}

// awaitDelivered waits until the author was told that a message arrived, and so all before it in that log.
func awaitDelivered(w watch, m message, within time.Duration) time.Time {
	w.p.t.Helper()
	_, at := await(w, within, "message.state", func(n stateNotice) bool {
		return n.RoomID == m.RoomID && n.Author == m.Author && n.DeviceID == m.DeviceID && n.Seq >= m.Seq &&
			(n.State == "delivered" || n.State == "read")
	})
	return at
}

// history reads a room page by page, newest page first, and returns it oldest message first.
func history(p *program, room string) []message { return historyBy(p, room, 500) }

func historyBy(p *program, room string, limit int) []message {
	p.t.Helper()
	var pages [][]message
	params := object{"roomId": room, "limit": limit}
	for {
		page := call[ofMessages](p, "messages.list", params).Messages
		if len(page) > limit {
			p.t.Fatalf("a page of %d has %d messages", limit, len(page))
		}
		if len(page) == 0 {
			slices.Reverse(pages)
			return slices.Concat(pages...)
		}
		pages = append(pages, page)
		params["before"] = page[0].MessageID
	}
}

// wantOnce checks that each text stands in a history exactly once.
func wantOnce(t testing.TB, where string, list []message, texts ...string) {
	t.Helper()
	count := map[string]int{}
	for _, m := range list {
		count[m.Text]++
	}
	missing, doubled := 0, 0
	for _, text := range texts {
		switch n := count[text]; {
		case n == 0:
			missing++
		case n > 1:
			doubled++
		}
		if count[text] != 1 && missing+doubled <= 3 {
			t.Errorf("%s holds %q %d times", where, text, count[text])
		}
	}
	if missing+doubled > 0 {
		t.Errorf("%s: of %d messages %d are missing, %d doubled", where, len(texts), missing, doubled)
	}
}

// wantUnique checks that no message stands in a history twice.
func wantUnique(t testing.TB, where string, list []message) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.MessageID] {
			t.Errorf("%s holds %s twice", where, m.MessageID)
		}
		seen[m.MessageID] = true
	}
}

// wantSame checks that programs hold the same messages of a room in the same order, each once, and returns them as the
// first sees them.
func wantSame(t testing.TB, room string, all ...*program) []message {
	t.Helper()
	var first []message
	for i, p := range all {
		list := history(p, room)
		wantUnique(t, p.place.data, list)
		if i == 0 {
			first = list
			continue
		}
		if len(list) != len(first) {
			t.Errorf("%s holds %d messages, %s %d", all[0].place.data, len(first), p.place.data, len(list))
		}
		for j := range min(len(list), len(first)) {
			if a, b := first[j], list[j]; a.MessageID != b.MessageID || a.Text != b.Text || a.SentAt != b.SentAt {
				t.Fatalf("message %d is %q at one side and %q at the other", j, a.Text, b.Text)
			}
		}
	}
	return first
}

// wantStates checks the states of a person's own messages.
func wantStates(t testing.TB, p *program, list []message, states ...string) {
	t.Helper()
	for _, m := range list {
		if m.Author == p.ready.PeerID && !slices.Contains(states, m.State) {
			t.Fatalf("%q of %s is %s, want %v", m.Text, p.place.data, m.State, states)
		}
	}
}

// publish puts something up for sale.
func publish(p *program, title, amount string, more ...object) listing {
	p.t.Helper()
	params := object{"title": title, "price": object{"amount": amount, "currency": "CNY"}}
	for _, m := range more {
		for name, value := range m {
			params[name] = value
		}
	}
	return call[ofListing](p, "listings.publish", params).Listing
}

// awaitListing waits until a program was told of a version of goods.
func awaitListing(w watch, id string, within time.Duration, match func(listing) bool) (listing, time.Time) {
	w.p.t.Helper()
	n, at := await(w, within, "listing.changed", func(n ofListing) bool { return n.Listing.ListingID == id && match(n.Listing) })
	return n.Listing, at
}

// search returns the goods found.
func search(p *program, params object) []listing {
	p.t.Helper()
	found := call[ofListings](p, "listings.search", params)
	if found.Total < len(found.Listings) {
		p.t.Errorf("total %d with %d listings", found.Total, len(found.Listings))
	}
	return found.Listings
}

// rooms returns the inbox.
func rooms(p *program, filter string) []room {
	p.t.Helper()
	params := object{}
	if filter != "" {
		params["filter"] = filter
	}
	found := call[ofRooms](p, "rooms.list", params)
	if found.Total != len(found.Rooms) {
		p.t.Errorf("total %d with %d rooms", found.Total, len(found.Rooms))
	}
	return found.Rooms
}

// roomIn finds a room in the inbox, nil if it is not there.
func roomIn(list []room, id string) *room {
	for i := range list {
		if list[i].RoomID == id {
			return &list[i]
		}
	}
	return nil
}

// titles are what listings are called.
func titles(list []listing) string {
	var names []string
	for _, l := range list {
		names = append(names, l.Title)
	}
	return strings.Join(names, ", ")
}

// spread shows the middle and the end of measured times.
type spread []time.Duration

// at is the value that so many percent do not exceed.
func (s spread) at(percent int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func (s spread) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p95 %v, p99 %v, max %v", round(s.at(50)), round(s.at(95)), round(s.at(99)), round(s.at(100)))
}

// jsonOf is v as JSON, to compare and to show.
func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
