package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRPCAnswersComeFirst shows that a response stands before the notifications about its result, and that pipelined
// requests for one room take effect in line order.
func TestRPCAnswersComeFirst(t *testing.T) {
	t.Parallel()
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	id := roomOf(t, anna, ben)
	open(anna, ben)
	const n = 300
	var sent []*request
	draft := ben.send("rooms.setDraft", object{"roomId": id, "text": "first"})
	for _, text := range texts("ben", n) {
		sent = append(sent, say(ben, id, text)...)
	}
	between := ben.send("messages.list", object{"roomId": id, "limit": 500})
	sent = append(sent, say(ben, id, "last")...)
	result[nothing](ben, "rooms.setDraft", draft)
	list := said(ben, sent)
	if got := len(result[ofMessages](ben, "messages.list", between).Messages); got != n {
		t.Errorf("a list between sends holds %d messages, want %d", got, n)
	}
	awaitDelivered(ben.fromStart(), list[n], patience)
	answered := map[string]int{}
	for i, m := range list {
		answered[m.MessageID] = sent[i].line
		if i > 0 && sent[i].line < sent[i-1].line {
			t.Errorf("answer %d came before the one for the request before it", i)
		}
	}
	notices, _, _ := ben.since(0)
	told := 0
	for _, note := range notices {
		if note.method != "message.state" {
			continue
		}
		told++
		state := decode[stateNotice](t, note.params)
		if line, ok := answered[state.MessageID]; ok && note.line < line {
			t.Errorf("%s was told in line %d, before the answer in line %d", state.MessageID, note.line, line)
		}
	}
	if told == 0 {
		t.Error("no message.state came")
	}

	w := anna.watch()
	publishing := anna.send("listings.publish", object{"title": "Kettle", "price": object{"amount": "1", "currency": "CNY"}})
	goods := result[ofListing](anna, "listings.publish", publishing).Listing
	awaitListing(w, goods.ListingID, patience, func(listing) bool { return true })
	notices, _, _ = anna.since(w.from)
	for _, note := range notices {
		if note.method == "listing.changed" && note.line < publishing.line {
			t.Error("listing.changed came before the answer to listings.publish")
		}
	}
}

// TestRPCAddAnswersFirst shows that the answer to peers.add stands before peer.online.
func TestRPCAddAnswersFirst(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben := alone(t).start(t), alone(t).start(t)
	r := ben.send("peers.add", object{"address": anna.ready.Addresses[0]})
	if got := result[ofPeer](ben, "peers.add", r).Peer; !got.Online || got.PeerID != anna.ready.PeerID || got.LastSeen == nil {
		t.Errorf("added %s", jsonOf(got))
	}
	awaitOnline(ben.fromStart(), anna, patience)
	notices, _, _ := ben.since(0)
	for _, note := range notices {
		if note.method == "peer.online" && note.line < r.line {
			t.Error("peer.online came before the answer to peers.add")
		}
	}
}

// TestRPCInvalid shows that what is wrong with a request is told under its own kind, unknown parameters included.
func TestRPCInvalid(t *testing.T) {
	short(t)
	t.Parallel()
	p := alone(t).start(t)
	other := alone(t).start(t).ready.PeerID
	id := call[opened](p, "rooms.open", object{"seller": other}).Room.RoomID
	for _, c := range []struct {
		method string
		params object
		kind   string
	}{
		{"self.get", object{"verbose": true}, "invalid"},
		{"self.set", object{"nickname": "x"}, "invalid"},
		{"self.set", object{"name": 7}, "invalid"},
		{"self.set", object{"name": strings.Repeat("长", 33)}, "tooLarge"},
		{"peers.list", object{"limit": 5}, "invalid"},
		{"peers.add", object{}, "invalid"},
		{"peers.add", object{"address": "10.0.0.1:0"}, "invalid"},
		{"rooms.open", object{}, "invalid"},
		{"rooms.open", object{"buyer": other, "seller": other}, "invalid"},
		{"rooms.open", object{"seller": p.ready.PeerID}, "selfChat"}, // X10
		{"rooms.open", object{"buyer": p.ready.PeerID}, "selfChat"},
		{"rooms.open", object{"seller": other, "listingId": strings.Repeat("f", 32)}, "notFound"},
		{"rooms.open", object{"seller": other, "Seller": other}, "invalid"},
		{"rooms.list", object{"filter": "all"}, "invalid"},
		{"rooms.delete", object{}, "invalid"},
		{"rooms.delete", object{"roomId": strings.Repeat("0", 64)}, "notFound"},
		{"rooms.delete", object{"roomId": strings.ToUpper(id[:63]) + "g"}, "invalid"},
		{"rooms.accept", object{"roomId": strings.Repeat("0", 64)}, "notFound"},
		{"messages.send", object{"roomId": id}, "invalid"},
		{"messages.send", object{"roomId": id, "text": ""}, "invalid"}, // X13
		{"messages.send", object{"roomId": id, "text": " \n\t\u200b\u3000 "}, "invalid"},
		{"messages.send", object{"roomId": id, "text": strings.Repeat("x", 5001)}, "tooLarge"},
		{"messages.send", object{"roomId": id, "text": strings.Repeat("x", 1<<20)}, "tooLarge"}, // D19
		{"messages.send", object{"roomId": id, "text": "x", "mood": "good"}, "invalid"},
		{"messages.send", object{"roomId": strings.Repeat("0", 64), "text": "x"}, "notFound"},
		{"messages.list", object{"roomId": id, "before": "nonsense"}, "invalid"},
		{"messages.search", object{"query": " "}, "invalid"},
		{"messages.markRead", object{"roomId": id, "upTo": "nonsense"}, "invalid"},
		{"messages.cancel", object{"messageId": "nonsense"}, "invalid"},
		{"listings.get", object{"seller": other, "listingId": strings.Repeat("0", 32)}, "notFound"},
		{"listings.update", object{"listingId": strings.Repeat("0", 32), "title": "x"}, "notFound"},
	} {
		if f := refusal(p, c.method, c.params); f.kind() != c.kind {
			t.Errorf("%s %.200s: %v, want kind %s", c.method, jsonOf(c.params), f, c.kind)
		}
	}
	if n := len(history(p, id)); n != 0 {
		t.Errorf("%d messages came of refused requests", n)
	}
	// 5,000 characters are fine, whatever they need in bytes.
	post(p, id, strings.Repeat("x", 4999)+"好")
	post(p, id, strings.Repeat("好", 5000))
}

// TestRPCLines shows what happens to lines that are no requests: an answer each, and the next line works.
func TestRPCLines(t *testing.T) {
	short(t)
	t.Parallel()
	p := alone(t).start(t)
	strays := func() []*failure {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.strays
	}
	for i, c := range []struct {
		name, line string
		code       int
	}{
		{"no JSON", `{"jsonrpc":"2.0",`, -32700},
		{"bad UTF-8", "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", -32700},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"self.get"}]`, -32600},
		{"a text", `"self.get"`, -32600},
		{"over 4 MiB", `{"jsonrpc":"2.0","id":1,"method":"self.get","params":{"name":"` + strings.Repeat("x", 5<<20) + `"}}`, 0},
	} {
		if err := p.sendLine(c.line); err != nil {
			t.Fatal(err)
		}
		until(p, patience, "an answer to "+c.name, func() bool { return len(strays()) == i+1 })
		f := strays()[i]
		if c.code != 0 && f.Code != c.code || f.Code > -32000 || f.Code < -32700 {
			t.Errorf("%s: %v, want code %d", c.name, f, c.code)
		}
		call[ofSelf](p, "self.get", nil)
	}
	if err := p.sendLine("\r"); err != nil { // an empty line may be answered or not
		t.Fatal(err)
	}
	for method, code := range map[string]int{"no.such": -32601, "": -32601} {
		if f := refusal(p, method, nil); f.Code != code {
			t.Errorf("method %q: %v, want code %d", method, f, code)
		}
	}
	if err := p.sendLine(`{"jsonrpc":"2.0","method":"self.set","params":{"name":"By notification"}}` + "\r"); err != nil {
		t.Fatal(err)
	}
	until(p, patience, "the effect of a request without id", func() bool {
		return call[ofSelf](p, "self.get", nil).Self.Name == "By notification"
	})
}

// TestRPCIDs shows that an ID comes back as it was given.
func TestRPCIDs(t *testing.T) {
	short(t)
	t.Parallel()
	at := alone(t)
	cmd := at.command(t)
	cmd.Stdin = strings.NewReader(`{"jsonrpc":"2.0","id":"text \"é\"","method":"self.get"}` + "\n" +
		`{"jsonrpc":"2.0","id":12345678901234567890,"method":"self.get"}` + "\n" +
		`{"jsonrpc":"2.0","id":-1.5e3,"method":"self.get"}` + "\n" +
		`{"jsonrpc":"2.0","id":null,"method":"self.get"}`)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		var l struct {
			ID     json.RawMessage `json:"id"`
			Result *ofSelf         `json:"result"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Result != nil {
			got = append(got, string(l.ID))
		}
	}
	slices.Sort(got)
	if want := []string{`"text \"é\""`, "-1.5e3", "12345678901234567890", "null"}; !slices.Equal(got, want) {
		t.Errorf("IDs %s, want %s", got, want)
	}
}

// TestRPCSlowReader shows that whoever does not read the output stops neither the network nor the other side, and loses
// no answer and no message.
func TestRPCSlowReader(t *testing.T) {
	short(t)
	t.Parallel()
	anna := alone(t).start(t)
	cmd := alone(t).command(t)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // if it still runs
		_ = cmd.Wait()
	})
	// Ben is told where Anna is and then not read; what he says is read at the end.
	for _, line := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"peers.add","params":{"address":"` + anna.ready.Addresses[0] + `"}}`,
		`{"jsonrpc":"2.0","id":2,"method":"rooms.open","params":{"seller":"` + anna.ready.PeerID + `"}}`,
	} {
		if _, err := fmt.Fprintln(in, line); err != nil {
			t.Fatal(err)
		}
	}
	online, _ := await(anna.fromStart(), patience, "peer.online", func(ofPeer) bool { return true })
	id := call[opened](anna, "rooms.open", object{"buyer": online.Peer.PeerID}).Room.RoomID
	const n = 20_000
	long := strings.Repeat("x", 200)
	var last *request
	for _, text := range texts("anna "+long, n) {
		last = say(anna, id, text)[0]
	}
	m := result[ofMessage](anna, "messages.send", last).Message
	awaitDelivered(anna.fromStart(), m, time.Minute)

	ben := &program{t: t, place: place{data: "the slow reader"}}
	ben.init()
	ben.in = in
	go ben.read(out)
	ben.last = 2
	ben.waiting[1], ben.waiting[2] = &request{done: make(chan struct{})}, &request{done: make(chan struct{})}
	first, second := ben.waiting[1], ben.waiting[2]
	result[ofPeer](ben, "peers.add", first)
	result[opened](ben, "rooms.open", second)
	list := history(ben, id)
	if len(list) != n {
		t.Errorf("%d messages, want %d", len(list), n)
	}
	ben.closeInput()
	until(anna, patience, "the end", func() bool {
		_, _, ended := ben.since(0)
		return ended
	})
	if len(ben.broken) > 0 {
		t.Error(errors.New(ben.broken[0]))
	}
}
