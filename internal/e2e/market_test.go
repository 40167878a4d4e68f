package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// neighbours are n programs on this machine that were told of one another and have met.
func neighbours(t testing.TB, n int) []*program {
	t.Helper()
	short(t)
	all := make([]*program, n)
	for i := range all {
		all[i] = alone(t).start(t)
		for _, other := range all[:i] {
			add(all[i], other)
		}
	}
	meet(t, all...)
	return all
}

// TestC1PublishAndEdit shows C1: goods are with a linked peer in at most 3 s, an edit keeps the ID and raises the version.
func TestC1PublishAndEdit(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	w := ben.watch()
	first := publish(anna, "二手自行车", "350.5", object{
		"description": "Two wheels\nOne bell", "category": "vehicles", "condition": "used", "quantity": 2,
	})
	want := listing{
		ListingID: first.ListingID, Seller: anna.ready.PeerID, Version: first.Version, Hash: first.Hash, Title: "二手自行车",
		Description: "Two wheels\nOne bell", Price: &money{"350.50", "CNY"}, Category: "vehicles", Condition: "used", Quantity: 2,
		Status: "available", Photos: []photo{}, UpdatedAt: first.UpdatedAt,
	}
	got, _ := awaitListing(w, first.ListingID, 3*time.Second, func(listing) bool { return true })
	for where, l := range map[string]listing{"here": first, "told": got, "found": search(ben, object{"query": "自行车"})[0]} {
		wantTime(t, where+" asOf", l.AsOf)
		l.AsOf = nil
		if jsonOf(l) != jsonOf(want) {
			t.Errorf("%s: %s, want %s", where, jsonOf(l), jsonOf(want))
		}
	}
	wantTime(t, "updatedAt", first.UpdatedAt)

	w = ben.watch()
	second := call[ofListing](anna, "listings.update", object{"listingId": first.ListingID, "price": object{"amount": "0", "currency": "CNY"}}).Listing
	if second.ListingID != first.ListingID || second.Version <= first.Version || second.Hash == first.Hash || second.Title != first.Title ||
		second.Price.Amount != "0.00" && second.Price.Amount != "0" {
		t.Errorf("%s after %s", jsonOf(second), jsonOf(first))
	}
	awaitListing(w, first.ListingID, 3*time.Second, func(l listing) bool { return l.Version == second.Version })
	if got := call[ofListing](ben, "listings.get", object{"seller": anna.ready.PeerID, "listingId": first.ListingID}).Listing; got.Hash != second.Hash {
		t.Errorf("got %s, want %s", jsonOf(got), jsonOf(second))
	}
	if ben.fromStart().count("listing.changed") == 0 || len(search(ben, nil)) != 1 {
		t.Error("an edit made another listing")
	}

	// Only the seller can change goods, and what is wrong is refused with a reason.
	wantRefused(ben, "notFound", "listings.update", object{"listingId": first.ListingID, "title": "Mine now"})
	for _, params := range []object{
		{"price": object{"amount": "1", "currency": "CNY"}},
		{"title": "No price"},
		{"title": "Bad price", "price": object{"amount": "1.005", "currency": "CNY"}},
		{"title": "Bad price", "price": object{"amount": "-1", "currency": "CNY"}},
		{"title": "Bad price", "price": 12.5},
		{"title": "  \u200b ", "price": object{"amount": "1", "currency": "CNY"}},
		{"title": "Bad quantity", "price": object{"amount": "1", "currency": "CNY"}, "quantity": -1},
		{"title": "Unknown", "price": object{"amount": "1", "currency": "CNY"}, "colour": "blue"},
	} {
		wantRefused(anna, "invalid", "listings.publish", params)
	}
	wantRefused(anna, "tooLarge", "listings.publish", object{"title": strings.Repeat("题", 81), "price": object{"amount": "1", "currency": "CNY"}})
	if n := len(search(anna, nil)); n != 1 {
		t.Errorf("%d listings after refusals, want 1", n)
	}
}

// wantTime checks that a time is RFC 3339 with milliseconds in UTC, and not far from now.
func wantTime(t *testing.T, what string, text *string) {
	t.Helper()
	if text == nil {
		t.Errorf("%s is null", what)
		return
	}
	at, err := time.Parse("2006-01-02T15:04:05.000Z", *text)
	if err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("X15: %s is %q", what, *text)
	}
}

// TestC2Search shows C2: filters, order and pages.
func TestC2Search(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	for _, goods := range []struct{ title, price, category string }{
		{"Red chair", "10", "furniture"}, {"Blue chair", "30", "furniture"}, {"Green table", "20", "furniture"}, {"红色椅子", "15", "家具"},
	} {
		publish(anna, goods.title, goods.price, object{"category": goods.category})
	}
	call[ofListing](anna, "listings.publish", object{"title": "Chair in dollars", "price": object{"amount": "1", "currency": "USD"}})
	own := publish(ben, "Ben's own chair", "5")
	until(ben, patience, "all goods", func() bool { return len(search(ben, nil)) == 6 })
	cny := func(amount string) object { return object{"amount": amount, "currency": "CNY"} }
	for _, c := range []struct {
		params object
		want   string
	}{
		{object{"query": "chair", "sort": "priceUp", "minPrice": cny("0")}, "Ben's own chair, Red chair, Blue chair"},
		{object{"query": "CHAIR", "sort": "priceDown", "maxPrice": cny("30")}, "Blue chair, Red chair, Ben's own chair"},
		{object{"query": "椅"}, "红色椅子"},
		{object{"category": "furniture", "sort": "priceUp"}, "Red chair, Green table, Blue chair"},
		{object{"minPrice": cny("15"), "maxPrice": cny("20"), "sort": "priceUp"}, "红色椅子, Green table"},
		{object{"seller": ben.ready.PeerID}, "Ben's own chair"},
		{object{"query": "green", "seller": anna.ready.PeerID, "status": "available"}, "Green table"},
		{object{"query": "nothing like that"}, ""},
		{object{"status": "sold"}, ""},
	} {
		if got := titles(search(ben, c.params)); got != c.want {
			t.Errorf("%s finds %q, want %q", jsonOf(c.params), got, c.want)
		}
	}
	newest := search(ben, object{"sort": "newest"})
	if !slices.IsSortedFunc(newest, func(a, b listing) int { return strings.Compare(*b.UpdatedAt, *a.UpdatedAt) }) {
		t.Errorf("the newest are %s", jsonOf(newest))
	}
	var paged []string
	for offset := 0; ; offset += 4 {
		page := call[ofListings](ben, "listings.search", object{"sort": "newest", "offset": offset, "limit": 4})
		if page.Total != 6 {
			t.Errorf("total %d, want 6", page.Total)
		}
		if len(page.Listings) == 0 {
			break
		}
		for _, l := range page.Listings {
			paged = append(paged, l.ListingID)
		}
	}
	if len(paged) != 6 || !slices.Contains(paged, own.ListingID) || len(slices.Compact(slices.Sorted(slices.Values(paged)))) != 6 {
		t.Errorf("pages hold %v", paged)
	}
	for _, params := range []object{
		{"limit": 0},
		{"limit": 501},
		{"offset": -1},
		{"sort": "cheapest"},
		{"status": "gone"},
		{"seller": "nobody"},
		{"page": 2},
		{"minPrice": cny("1"), "maxPrice": object{"amount": "2", "currency": "USD"}},
	} {
		wantRefused(ben, "invalid", "listings.search", params)
	}
}

// TestC4ReadableWhileAway shows C4 and D5: goods can be read while the seller is away, and what is said waits.
func TestC4ReadableWhileAway(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	w := ben.watch()
	goods := publish(anna, "Kettle", "12.50")
	awaitListing(w, goods.ListingID, patience, func(listing) bool { return true })
	anna.quit()
	awaitOffline(w, anna, patience)
	away := time.Now()
	ben.quit()
	ben = ben.restart()

	got := call[ofListing](ben, "listings.get", object{"seller": anna.ready.PeerID, "listingId": goods.ListingID}).Listing
	if got.Hash != goods.Hash || got.AsOf == nil {
		t.Fatalf("got %s, want %s", jsonOf(got), jsonOf(goods))
	}
	if at, err := time.Parse(time.RFC3339, *got.AsOf); err != nil || at.After(away) {
		t.Errorf("as of %s, want before Anna left (%s)", *got.AsOf, away.UTC())
	}
	opened := call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID, "listingId": goods.ListingID})
	m := call[ofMessage](ben, "messages.send", object{"roomId": opened.Room.RoomID, "text": "Is it still there?", "listingId": goods.ListingID}).Message
	if m.State != "waiting" || m.About == nil || m.About.Title != "Kettle" {
		t.Errorf("message %s", jsonOf(m))
	}
	anna = anna.restart()
	awaitReceived(anna.fromStart(), m, patience)
	awaitDelivered(ben.fromStart(), m, patience)
	list := history(anna, m.RoomID)
	if len(list) != 1 || list[0].About == nil || list[0].About.Version != goods.Version || list[0].About.Price.Amount != "12.50" {
		t.Errorf("C12: %s does not remember the goods", jsonOf(list))
	}
	if r := roomIn(rooms(anna, ""), m.RoomID); r == nil || r.Role != "seller" || !r.Request || r.Unread != 1 {
		t.Errorf("Anna's room %s, want a request with one unread", jsonOf(r))
	}
}

// TestC5Status shows C5: a change of status is with the others in at most 3 s, in search and in rooms, and hidden goods
// are never found by others.
func TestC5Status(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 3)
	anna, buyers := all[0], all[1:]
	goods := publish(anna, "Kettle", "12.50")
	for _, ben := range buyers {
		awaitListing(ben.fromStart(), goods.ListingID, 3*time.Second, func(listing) bool { return true })
		call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID, "listingId": goods.ListingID})
	}
	for _, status := range []string{"reserved", "sold", "hidden", "available"} {
		var watches []watch
		for _, ben := range buyers {
			watches = append(watches, ben.watch())
		}
		begun := time.Now()
		changed := call[ofListing](anna, "listings.setStatus", object{"listingId": goods.ListingID, "status": status}).Listing
		if changed.Status != status {
			t.Errorf("status %s, want %s", changed.Status, status)
		}
		for i, ben := range buyers {
			_, at := awaitListing(watches[i], goods.ListingID, 3*time.Second, func(l listing) bool { return l.Status == status })
			if took := at.Sub(begun); took > 3*time.Second {
				t.Errorf("%s was there after %v, want at most 3 s", status, took)
			}
			found := search(ben, object{"query": "kettle"})
			switch {
			case status == "hidden" && len(found) != 0:
				t.Errorf("hidden goods are found: %s", jsonOf(found))
			case status != "hidden" && (len(found) != 1 || found[0].Status != status):
				t.Errorf("found %s, want one, %s", jsonOf(found), status)
			}
			if n := len(search(ben, object{"status": "hidden"})); n != 0 {
				t.Errorf("%d hidden goods of others are found by status", n)
			}
			if r := rooms(ben, "")[0]; r.Listing == nil || r.Listing.Status != status {
				t.Errorf("the room's card is %s, want %s", jsonOf(r.Listing), status)
			}
		}
		own := search(anna, object{"query": "kettle"})
		if hidden := search(anna, object{"status": "hidden"}); (status == "hidden") != (len(own) == 0) || len(hidden) != len(own)^1 {
			t.Errorf("%s: the seller finds %s, hidden %s", status, jsonOf(own), jsonOf(hidden))
		}
	}
	wantRefused(anna, "invalid", "listings.setStatus", object{"listingId": goods.ListingID, "status": "gone"})
	wantRefused(anna, "invalid", "listings.setStatus", object{"listingId": goods.ListingID})
	wantRefused(anna, "notFound", "listings.setStatus", object{"listingId": strings.Repeat("0", 32), "status": "sold"})
}

// TestC5ManyPeers shows C1 and C5 on a full market, where not everybody is linked to everybody: goods and changes of their
// status are with all in at most 3 s.
func TestC5ManyPeers(t *testing.T) {
	short(t)
	hosts := 40
	if soak {
		hosts = 64
	}
	lan := lanrig.Up(t, hosts)
	anna := home(t, lan, 1).start(t)
	var others []*program
	for host := 2; host <= hosts; host++ {
		others = append(others, home(t, lan, host).start(t))
	}
	for _, p := range others {
		awaitOnline(p.fromStart(), anna, 5*patience)
	}
	goods := listing{}
	for _, status := range []string{"available", "reserved", "sold", "hidden"} {
		var watches []watch
		for _, p := range others {
			watches = append(watches, p.watch())
		}
		begun := time.Now()
		if status == "available" {
			goods = publish(anna, "Kettle", "12.50")
		} else {
			call[ofListing](anna, "listings.setStatus", object{"listingId": goods.ListingID, "status": status})
		}
		var times spread
		for _, w := range watches {
			_, at := awaitListing(w, goods.ListingID, patience, func(l listing) bool { return l.Status == status })
			times = append(times, at.Sub(begun))
		}
		t.Logf("%s is with %d others: %v", status, len(others), times)
		if times.at(100) > 3*time.Second {
			t.Errorf("%s was with the last after %v, want at most 3 s", status, times.at(100))
		}
	}
}

// TestE1InboxOrder shows E1, X16 and X17: the inbox is by last activity, each side counts its own unread, and a page is
// what it says.
func TestE1InboxOrder(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 5)
	anna, buyers := all[0], all[1:]
	var ids []string
	for i, ben := range buyers {
		id := open(anna, ben).RoomID
		ids = append(ids, id)
		for _, m := range said(ben, say(ben, id, texts(fmt.Sprint("buyer ", i), i+1)...)) {
			awaitReceived(anna.fromStart(), m, patience)
		}
	}
	slices.Reverse(ids)
	order := func(list []room) (got []string) {
		for _, r := range list {
			got = append(got, r.RoomID)
		}
		return got
	}
	if got := order(rooms(anna, "")); !slices.Equal(got, ids) {
		t.Errorf("order %v, want %v", got, ids)
	}
	page := call[ofRooms](anna, "rooms.list", object{"offset": 1, "limit": 2})
	if page.Total != 4 || !slices.Equal(order(page.Rooms), ids[1:3]) {
		t.Errorf("page %d %v, want %v", page.Total, order(page.Rooms), ids[1:3])
	}
	for i, r := range rooms(anna, "") {
		want := len(buyers) - i
		if r.Unread != want || !r.Unanswered || r.LastMessage == nil || r.LastMessage.Text != fmt.Sprintf("buyer %d %06d", want-1, want) || !r.Peer.Online || r.Role != "seller" {
			t.Errorf("room %d is %s", i, jsonOf(r))
		}
		wantTime(t, "lastActivity", r.LastActivity)
	}
	for _, ben := range buyers {
		if r := rooms(ben, "")[0]; r.Unread != 0 || r.Unanswered || r.Role != "buyer" {
			t.Errorf("X16: a buyer's room is %s", jsonOf(r))
		}
	}
	// An answer brings the last to the top.
	last := ids[3]
	awaitReceived(buyers[0].fromStart(), post(anna, last, "Coming"), patience)
	if got := order(rooms(anna, "")); got[0] != last {
		t.Errorf("order %v, want %s first", got, last)
	}
}

// TestE2Filters shows E2 and A7: what each filter holds, before and after it changes.
func TestE2Filters(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 3)
	anna, ben, carl := all[0], all[1], all[2]
	asks := call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID}).Room.RoomID // a stranger to Anna
	buys := call[opened](anna, "rooms.open", object{"seller": carl.ready.PeerID}).Room.RoomID
	filters := func(what string, want map[string][]string) {
		t.Helper()
		for _, filter := range []string{"", "buying", "selling", "unread", "unanswered", "requests"} {
			var got []string
			for _, r := range rooms(anna, filter) {
				got = append(got, r.RoomID)
			}
			slices.Sort(got)
			slices.Sort(want[filter])
			if !slices.Equal(got, want[filter]) {
				t.Errorf("%s: filter %q holds %v, want %v", what, filter, got, want[filter])
			}
		}
	}
	filters("at first", map[string][]string{"": {buys}, "buying": {buys}})
	question := post(ben, asks, "Hello?")
	awaitReceived(anna.fromStart(), question, patience)
	filters("asked", map[string][]string{"": {asks, buys}, "buying": {buys}, "selling": {asks}, "unread": {asks}, "unanswered": {asks}, "requests": {asks}})

	if r := call[ofRoom](anna, "rooms.accept", object{"roomId": asks}).Room; r.Request {
		t.Error("a request after it was accepted")
	}
	filters("accepted", map[string][]string{"": {asks, buys}, "buying": {buys}, "selling": {asks}, "unread": {asks}, "unanswered": {asks}})

	if left := call[unread](anna, "messages.markRead", object{"roomId": asks, "upTo": question.MessageID}).Unread; left != 0 {
		t.Errorf("%d unread, want none", left)
	}
	await(ben.fromStart(), patience, "message.state", func(n stateNotice) bool { return n.State == "read" && n.Seq == question.Seq })
	filters("read", map[string][]string{"": {asks, buys}, "buying": {buys}, "selling": {asks}, "unanswered": {asks}})

	awaitReceived(ben.fromStart(), post(anna, asks, "Yes?"), patience)
	filters("answered", map[string][]string{"": {asks, buys}, "buying": {buys}, "selling": {asks}})
	wantRefused(anna, "invalid", "rooms.list", object{"filter": "mine"})
}

// TestA7StrangersAreBounded shows A7: what a stranger says before an answer is bounded, and all of it comes after one.
func TestA7StrangersAreBounded(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	id := call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID}).Room.RoomID
	sent := said(ben, say(ben, id, texts("stranger", 200)...))
	awaitReceived(anna.fromStart(), sent[0], patience)
	until(anna, patience, "the first messages", func() bool { return len(history(anna, id)) >= 1 })
	if r := roomIn(rooms(anna, "requests"), id); r == nil {
		t.Fatal("no request")
	}
	call[ofRoom](anna, "rooms.accept", object{"roomId": id})
	awaitReceived(anna.fromStart(), sent[199], patience)
	awaitDelivered(ben.fromStart(), sent[199], patience)
	wantOnce(t, "the room", wantSame(t, id, anna, ben), texts("stranger", 200)...)
	if n := len(history(anna, id)); n != 200 {
		t.Errorf("%d messages, want 200", n)
	}
}
