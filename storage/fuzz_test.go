package storage

import (
	"bytes"
	"reflect"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

// FuzzRecord reads journal records: no panic, and what is read is written the same way again.
func FuzzRecord(f *testing.F) {
	for seed := range uint64(3) {
		_, batches := storetest.Batches(f, seed, 20)
		for _, b := range batches {
			for _, r := range b.Records {
				if chat.CheckRecord(r) != nil {
					continue
				}
				if typ, payload, err := encodeRecord(r); err == nil {
					f.Add(typ, payload)
				}
			}
		}
	}
	f.Add(byte(typeForget), append(make([]byte, 33), encodeState(&chat.RoomState{Logs: []chat.LogState{{Marks: make([]chat.DeviceMark, 2)}}})...))
	f.Add(byte(0), []byte{})
	f.Fuzz(func(t *testing.T, typ byte, payload []byte) {
		c, err := decodeRecord(typ, payload)
		if err != nil {
			return
		}
		again, encoded, err := encodeRecord(c.record)
		if err != nil || again != typ {
			t.Fatalf("type %d becomes %d: %v", typ, again, err)
		}
		d, err := decodeRecord(typ, encoded)
		if err != nil || !reflect.DeepEqual(c.record, d.record) {
			t.Fatalf("%+v becomes %+v: %v", c.record, d.record, err)
		}
	})
}

// FuzzState reads rooms' states.
func FuzzState(f *testing.F) {
	f.Add(encodeState(&chat.RoomState{}))
	f.Add(encodeState(&chat.RoomState{Accepted: true, Last: &chat.Position{Clock: 7, Seq: 1 << 60}, Logs: []chat.LogState{{Seq: 9, Forked: true}}}))
	f.Add(encodeState(&chat.RoomState{CreatedAt: -1, Logs: []chat.LogState{{Marks: []chat.DeviceMark{{Delivered: 3, Read: 2}}}, {Author: chat.Seller}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeState(b)
		if err != nil {
			return
		}
		again, err := decodeState(encodeState(s))
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("%+v becomes %+v: %v", s, again, err)
		}
	})
}

// FuzzStoredGroup reads groups as the index holds them, and scans them as searches do.
func FuzzStoredGroup(f *testing.F) {
	a, _ := newAuthor(0)
	for _, rows := range []chat.RowSet{{}, {1}, {7}} {
		r := a.says("one", "two", "three")
		g := storedGroup{before: 5, rows: rows, clockOff: int32(rows[0]), raw: r.Group.Encode()}
		f.Add(g.encode(3))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := decodeGroup(b)
		if err != nil {
			return
		}
		first, entries, _ := g.start()
		var scanned []chat.Entry
		scanErr := chat.ScanGroup(g.raw, func(e *chat.Entry) bool {
			_ = chat.ScanText(e.Kind, e.Body)
			scanned = append(scanned, *e)
			return true
		})
		d, err := g.group()
		if err != nil {
			return
		}
		if scanErr != nil || first != d.First() || entries != len(d.Entries) || len(scanned) != entries {
			t.Fatalf("scan finds %d entries of %d: %v", len(scanned), len(d.Entries), scanErr)
		}
		for i := range scanned {
			s, e := &scanned[i], &d.Entries[i]
			if s.Seq != e.Seq || s.Clock != e.Clock || s.Kind != e.Kind || s.HasBody() != e.HasBody() || !bytes.Equal(s.Body, e.Body) {
				t.Fatalf("scan finds %+v, want %+v", s, e)
			}
			if body, err := chat.DecodeBody(e.Kind, e.Body); err == nil && body.Text != "" && e.Kind != chat.KindWithdrawal &&
				!bytes.Contains(chat.ScanText(e.Kind, e.Body), []byte(body.Text)) {
				t.Fatalf("scan does not find %q", body.Text)
			}
		}
	})
}

// FuzzItem reads listings as searches need them.
func FuzzItem(f *testing.F) {
	key := listingKey(goodsID{chat.PeerID{1}, chat.ListingID{2}})
	for _, i := range []*item{{}, {version: 3, title: "bike", price: chat.Money{Minor: 1, Currency: "EUR"}}, {hasGoods: true, about: "\xff", updatedAt: -1}} {
		f.Add(i.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := decodeItem(key, b)
		if err != nil {
			return
		}
		again, err := decodeItem(key, i.encode())
		if err != nil || !reflect.DeepEqual(i, again) {
			t.Fatalf("%+v becomes %+v: %v", i, again, err)
		}
	})
}

// FuzzDrafts reads the file of drafts.
func FuzzDrafts(f *testing.F) {
	f.Add(encodeDrafts(nil))
	f.Add(encodeDrafts(map[chat.RoomID]draft{{1}: {"half", 1}}))
	f.Add(encodeDrafts(map[chat.RoomID]draft{{1}: {"", -1}, {2}: {"\x00\xff", 1 << 60}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, err := decodeDrafts(b)
		if err != nil {
			return
		}
		again, err := decodeDrafts(encodeDrafts(texts))
		if err != nil || !reflect.DeepEqual(texts, again) {
			t.Fatalf("%v becomes %v: %v", texts, again, err)
		}
	})
}
