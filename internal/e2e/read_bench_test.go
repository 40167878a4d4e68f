package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"haggle/chat"
)

// BenchmarkRead asks for what a window shows, of a profile with 1,000 rooms, 5,000 goods and 100,000 messages.
func BenchmarkRead(b *testing.B) {
	const manyRooms, manyGoods, manyMessages = 1000, 5000, 100_000
	anna := alone(b).start(b)
	room := ""
	for range manyRooms {
		var other chat.PeerID
		_, _ = rand.Read(other[:]) // never fails
		room = call[opened](anna, "rooms.open", object{"buyer": other.String()}).Room.RoomID
		post(anna, room, "Hello, 你好")
	}
	counted := anna.measure()
	var goods bytes.Buffer
	for i := range manyGoods {
		fmt.Fprintf(&goods, `{"jsonrpc":"2.0","id":0,"method":"listings.publish","params":{"title":"二手货 number %d","description":"%s","price":{"amount":"%d","currency":"CNY"}}}`+"\n",
			i, "In good order, to be fetched.", i%997)
	}
	anna.write(b, goods.Bytes())
	counted.wait(b, "", manyGoods)
	anna.write(b, lines(room, manyMessages))
	counted.wait(b, "", manyGoods+manyMessages)
	anna.quit()
	anna = anna.restart()
	b.Logf("ready after %v", anna.readyAt.Sub(anna.begun))

	middle := history(anna, room)[manyMessages/2].MessageID
	for _, c := range []struct {
		name, method string
		params       object
	}{
		{"Inbox", "rooms.list", object{"limit": 50}},
		{"WholeInbox", "rooms.list", object{"limit": 500}},
		{"Unanswered", "rooms.list", object{"filter": "unanswered"}},
		{"Room", "messages.list", object{"roomId": room}},
		{"PageInTheMiddle", "messages.list", object{"roomId": room, "before": middle}},
		{"Market", "listings.search", nil},
		{"Goods", "listings.search", object{"query": "手货 number 49", "sort": "priceUp"}},
		{"Messages", "messages.search", object{"query": "00049999"}},
		{"MessagesNone", "messages.search", object{"query": "没有"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var times spread
			for b.Loop() {
				r := anna.send(c.method, c.params)
				if raw, err := r.wait(time.Minute); err != nil || !json.Valid(raw) {
					b.Fatalf("%v: %.200s", err, raw)
				}
				times = append(times, r.took())
			}
			report(b, "answer", times)
			b.ReportMetric(0, "ns/op")
		})
	}
}
