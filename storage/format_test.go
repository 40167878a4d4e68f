package storage

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"haggle/chat"
	"haggle/storage/seal"
)

var update = flag.Bool("update", false, "write testdata/formatN.zip anew: only before the first release of that format")

// fixtureStore puts one of everything into a store.
func fixtureStore(t *testing.T, o Options) {
	t.Helper()
	db := mustOpen(t, o)
	a := messages(t, db, 40)
	seller, key := keyOf(100)
	b := &author{log: chat.LogID{Room: a.log.Room, Author: chat.Seller, Device: chat.DeviceID{7}}, key: key, clock: a.clock}
	b.hash = chat.LogStart(a.log.Room, seller, b.log.Device)
	l := &chat.Listing{Seller: seller, ID: chat.ListingID{5}, Version: 1, Status: chat.Available, UpdatedAt: 5}
	l.SetGoods(chat.Goods{Title: "自行车", Price: chat.Money{Minor: 100, Currency: "EUR"}})
	l.Sign(key)
	p := &chat.Profile{Peer: seller, Version: 1, Name: "卖家"}
	p.Sign(key)
	if err := commit(t, db, chatBatch(b.says("yes"), chat.ListingRecord{Listing: l}, chat.ProfileRecord{Profile: p},
		chat.PeerRecord{Peer: chat.Peer{ID: seller, LastSeen: 9, Addresses: []string{"10.0.0.1:7"}}},
		chat.SettingRecord{Key: "k", Value: []byte("v")},
		chat.ReceiptRecord{Receipt: chat.Receipt{Log: a.log, By: chat.DeviceID{7}, Delivered: 20, Read: 10}})); err != nil {
		t.Fatal(err)
	}
	if o.Key != nil { // the first version had no pictures
		if err := errors.Join(keep(db, pictureOf(1)), commit(t, db, chatBatch(a.shows(pictureOf(1))))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SetDraft(a.log.Room, "half a sentence", time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
}

// TestFormat1 opens a store as the first version wrote it, without making anything of it again.
func TestFormat1(t *testing.T) { testFormat(t, "testdata/format1.zip", nil) }

// TestFormat2 does so with a locked one.
func TestFormat2(t *testing.T) { testFormat(t, "testdata/format2.zip", &lockKey) }

func testFormat(t *testing.T, fixture string, key *seal.Key) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me, Key: key}
	if *update {
		fixtureStore(t, o)
		if err := writeZip(fixture, os.DirFS(o.Dir)); err != nil {
			t.Fatal(err)
		}
		o.Dir = t.TempDir()
	}
	z, err := zip.OpenReader(fixture)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if err := os.CopyFS(o.Dir, z); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, o)
	a, _ := newAuthor(0)
	seller, _ := keyOf(100)
	rows, err := db.Rows(a.log.Room, nil, true, 100)
	if err != nil || len(rows) < 41 || rows[len(rows)-1].Log.Author != chat.Seller {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if l, err := db.Listing(seller, chat.ListingID{5}); err != nil || l.Goods.Title != "自行车" {
		t.Errorf("listing %+v, %v", l, err)
	}
	if p, err := db.Profile(seller); err != nil || p.Name != "卖家" {
		t.Errorf("profile %+v, %v", p, err)
	}
	if p, err := db.Peer(seller); err != nil || p.LastSeen != 9 || len(p.Addresses) != 1 {
		t.Errorf("peer %+v, %v", p, err)
	}
	if v, err := db.Setting("k"); err != nil || string(v) != "v" {
		t.Errorf("setting %q, %v", v, err)
	}
	if text, err := db.Draft(a.log.Room); err != nil || text != "half a sentence" {
		t.Errorf("draft %q, %v", text, err)
	}
	s, err := db.Room(a.log.Room)
	if err != nil {
		t.Fatal(err)
	}
	if d, r := s.Log(chat.Buyer, a.log.Device).Delivered(); d != 20 || r != 10 {
		t.Errorf("delivered %d, read %d", d, r)
	}
	if err := db.checkNow(); err != nil {
		t.Error(err)
	}
	if key != nil {
		if got, err := db.ReadBlob(hashOf(pictureOf(1))); err != nil || !bytes.Equal(got, pictureOf(1)) {
			t.Errorf("picture of %d bytes, %v", len(got), err)
		}
	}
	// The journal alone must do as well.
	want := dump(t, db)
	mustClose(t, db)
	db = mustOpen(t, loseIndex(t, o))
	if wrong := differences(dump(t, db), want); len(wrong) > 0 {
		t.Errorf("the index built again differs: %v", wrong)
	}
}

func writeZip(name string, from fs.FS) error {
	if err := os.MkdirAll(filepath.Dir(name), privateFolder); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z := zip.NewWriter(f)
	err = fs.WalkDir(from, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		r, err := from.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = io.Copy(w, r)
		return err
	})
	if err != nil {
		return err
	}
	return z.Close()
}
