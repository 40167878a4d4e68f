package ui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// editing is the editor that is open.
func (s *shop) editing() *editor {
	s.Helper()
	e, ok := s.app.spots[placeGoods].detail.(*editor)
	if !ok {
		s.Fatal("no editor is open")
	}
	return e
}

// startOffer goes to the own goods by taps and begins new ones.
func (s *shop) startOffer() *editor {
	s.Helper()
	s.tap(s.app.frame.rail.items[placeGoods])
	s.app.offer()
	s.settle()
	return s.editing()
}

// pictureFiles makes files that drawnPicture takes.
func pictureFiles(t *testing.T, names ...string) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("picture "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestC1Publish(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.jpg", "c.jpg")
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Teapot")
		s.write(e.amount, "12,50")
		s.write(e.quantity, "2")
		s.write(e.text, "Holds a litre.")
		s.tap(e.kinds.chips[1])
		s.tap(e.states.chips[2])
		drop(s, files)
		if n := len(e.photos.ready()); n != 3 {
			t.Fatalf("%d photos of 3 are ready", n)
		}
		s.tap(e.photos.tiles[2].before)
		s.tap(e.photos.tiles[1].before) // c, a, b
		s.tap(e.photos.tiles[2].drop)   // c, a
		s.tap(e.save)
		goods := s.goods()
		if len(goods) != 1 {
			t.Fatalf("%d goods are offered, want 1; the editor says %q", len(goods), e.trouble.text)
		}
		g := goods[0].Goods
		want := chat.Goods{
			Title: "Teapot", Description: "Holds a litre.", Category: categories[1].stored, Condition: conditions[2].stored, Quantity: 2,
			Price: chat.Money{Minor: 1250, Currency: "USD"},
		}
		if g.Title != want.Title || g.Description != want.Description || g.Category != want.Category || g.Condition != want.Condition ||
			g.Quantity != want.Quantity || g.Price != want.Price {
			t.Errorf("offered is %+v, want %+v", g, want)
		}
		if len(g.Photos) != 2 || len(g.Photos[0].Thumbnail) <= chat.MaxSmallThumb || string(g.Photos[1].Thumbnail) != "small" {
			t.Fatalf("%d photos; only the cover has a large thumbnail", len(g.Photos))
		}
		for i, name := range []string{"c.jpg", "a.jpg"} {
			data, err := s.node.ReadPicture(g.Photos[i].Hash)
			if err != nil || string(data) != "picture "+name {
				t.Errorf("photo %d is %q (%v), want %s", i+1, data, err, name)
			}
		}
		if s.app.spots[placeGoods].detail != nil {
			t.Error("the editor is still open")
		}
		if got := s.app.frame.toast; got.Hidden || got.words.text != s.app.kit.say("editor.published") {
			t.Errorf("said of it is %q", got.words.text)
		}
		if len(s.writes.kept) != 0 {
			t.Errorf("left on the desk: %d pieces", len(s.writes.kept))
		}
	})
}

// drop drops files on the window.
func drop(s *shop, files []string) {
	s.Helper()
	var uris []fyne.URI
	for _, f := range files {
		uris = append(uris, storage.NewFileURI(f))
	}
	s.app.drop(fyne.Position{}, uris)
	s.settle()
}

func TestEditorErrors(t *testing.T) {
	for _, c := range []struct {
		name                    string
		title, amount, quantity string
		text                    string
		wrong                   func(*editor) (*field, *entry)
	}{
		{"no title", "  ", "1", "1", "", func(e *editor) (*field, *entry) { return e.titleField, e.title }},
		{"title too long", strings.Repeat("茶", 81), "1", "1", "", func(e *editor) (*field, *entry) { return e.titleField, e.title }},
		{"no price", "Cup", " ", "1", "", func(e *editor) (*field, *entry) { return e.priceField, e.amount }},
		{"no amount", "Cup", "cheap", "1", "", func(e *editor) (*field, *entry) { return e.priceField, e.amount }},
		{"too many decimals", "Cup", "1.005", "1", "", func(e *editor) (*field, *entry) { return e.priceField, e.amount }},
		{"negative", "Cup", "-1", "1", "", func(e *editor) (*field, *entry) { return e.priceField, e.amount }},
		{"no number", "Cup", "1", "two", "", func(e *editor) (*field, *entry) { return e.countField, e.quantity }},
		{"too many", "Cup", "1", "1000001", "", func(e *editor) (*field, *entry) { return e.countField, e.quantity }},
		{"text too long", "Cup", "1", "1", strings.Repeat("x", 2001), func(e *editor) (*field, *entry) { return e.textField, e.text }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inShop(t, 1200, 800, nil, func(s *shop) {
				e := s.startOffer()
				e.title.SetText(c.title)
				e.amount.SetText(c.amount)
				e.quantity.SetText(c.quantity)
				e.text.SetText(c.text)
				s.tap(e.save)
				f, in := c.wrong(e)
				if !f.wrong.Visible() || f.wrong.text == "" {
					t.Error("nothing is said beside the field")
				}
				if s.win.Canvas().Focused() != fyne.Focusable(in) {
					t.Errorf("the cursor is at %T, not where something is to be mended", s.win.Canvas().Focused())
				}
				if n := len(s.goods()); n != 0 {
					t.Errorf("%d goods are offered", n)
				}
				e.title.SetText("Cup")
				e.amount.SetText("1")
				e.quantity.SetText("1")
				e.text.SetText("")
				if f.wrong.Visible() {
					t.Errorf("mended, and the field still says %q", f.wrong.text)
				}
				s.tap(e.save)
				if f.wrong.Visible() || len(s.goods()) != 1 {
					t.Errorf("mended, %d goods are offered and the field says %q", len(s.goods()), f.wrong.text)
				}
			})
		})
	}
}

func TestEditorRefusesFiles(t *testing.T) {
	files := pictureFiles(t, "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg", "8.jpg", "9.jpg", "10.jpg")
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte("no drawing"), 0o600); err != nil {
		t.Fatal(err)
	}
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		drop(s, []string{notes})
		if len(e.photos.tiles) != 0 || !strings.Contains(e.photoField.wrong.text, "notes.txt") {
			t.Errorf("%d photos of a text; the field says %q", len(e.photos.tiles), e.photoField.wrong.text)
		}
		drop(s, []string{t.TempDir()})
		if len(e.photos.tiles) != 0 {
			t.Error("a folder is taken for a photo")
		}
		drop(s, []string{files[0], files[0]})
		if n := len(e.photos.tiles); n != 1 {
			t.Errorf("the same file twice makes %d photos", n)
		}
		drop(s, files[1:])
		if n := len(e.photos.tiles); n != chat.MaxPhotos || !e.photoField.wrong.Visible() {
			t.Errorf("of 10 photos %d are taken; said is %q", n, e.photoField.wrong.text)
		}
		if slices.Contains(e.photos.Objects, fyne.CanvasObject(e.photos.more)) {
			t.Error("more photos are asked for")
		}
	})
}

// TestEditorDraft: what is written is there after a kill, at most two seconds old.
func TestEditorDraft(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.jpg")
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Bicycle")
		s.write(e.amount, "80")
		drop(s, files)
		s.pass(2 * time.Second)
		killed := &tray{kept: map[string][]byte{}}
		for name, data := range s.writes.kept {
			killed.kept[name] = data
		}
		s.app.Close()

		s.writes = killed
		s.open(1200, 800, nil)
		e = s.startOffer()
		if e.title.Text != "Bicycle" || e.amount.Text != "80" || len(e.photos.ready()) != 2 || !e.begun.Visible() {
			t.Fatalf("back are %q, %q and %d photos (said: %v)", e.title.Text, e.amount.Text, len(e.photos.ready()), e.begun.Visible())
		}
		s.tap(e.save)
		if goods := s.goods(); len(goods) != 1 || len(goods[0].Goods.Photos) != 2 {
			t.Fatalf("%d goods are offered", len(goods))
		}
		s.pass(3 * time.Second)
		if len(killed.kept) != 0 {
			t.Error("the draft of published goods is kept")
		}
		e = s.startOffer()
		if e.title.Text != "" || e.begun.Visible() {
			t.Error("published goods are offered to be written again")
		}
	})
}

func TestEditorStartOver(t *testing.T) {
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Bicycle")
		s.app.closeEditor(e)
		s.settle()
		if len(s.writes.kept) != 1 {
			t.Fatal("what was written last is not kept when the editor is closed")
		}
		e = s.startOffer()
		e.startOver()
		s.settle()
		if e.title.Text != "" || len(s.writes.kept) != 0 {
			t.Errorf("after starting over the title is %q and %d pieces are kept", e.title.Text, len(s.writes.kept))
		}
		s.pass(3 * time.Second)
		if len(s.writes.kept) != 0 {
			t.Error("nothing written, and it is kept")
		}
	})
}

func TestEditorChanges(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.jpg")
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Lamp")
		s.write(e.amount, "1")
		drop(s, files)
		s.tap(e.save)
		before := s.goods()[0]
		list, _ := s.app.spots[placeGoods].list.(*myGoods)
		row, ok := list.grid.bound[0].(*myRow)
		if !ok {
			t.Fatal("the new goods are not in the list")
		}
		s.tap(row)
		e = s.editing()
		if e.title.Text != "Lamp" || len(e.photos.ready()) != 2 {
			t.Fatalf("the editor shows %q with %d photos", e.title.Text, len(e.photos.ready()))
		}
		s.write(e.title, "Desk lamp")
		s.tap(e.photos.tiles[0].after) // the other photo is the cover now
		s.tap(e.save)
		after := s.goods()[0]
		if after.ID != before.ID || after.Version <= before.Version || after.Goods.Title != "Desk lamp" {
			t.Errorf("changed is %v version %d %q", after.ID == before.ID, after.Version, after.Goods.Title)
		}
		photos := after.Goods.Photos
		if photos[0].Hash != before.Goods.Photos[1].Hash || len(photos[0].Thumbnail) <= chat.MaxSmallThumb || string(photos[1].Thumbnail) != "small" {
			t.Error("the thumbnails are not those of their new places")
		}
		if row.title.text != "Desk lamp" {
			t.Errorf("the list says %q", row.title.text)
		}
	})
}

// TestEditorKeepsWhatIsRefused: when the node refuses, everything stays to be tried again.
func TestEditorKeepsWhatIsRefused(t *testing.T) {
	full := &fullNode{}
	inShop(t, 1200, 800, func(c *Config) { full.Node, c.Node = c.Node, full }, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Chair")
		s.write(e.amount, "1")
		full.err = chat.ErrDiskFull
		s.tap(e.save)
		if !e.trouble.Visible() || e.save.disabled || s.editing() != e {
			t.Fatalf("refused goods: said %q, button off %v", e.trouble.text, e.save.disabled)
		}
		full.err = nil
		s.tap(e.save)
		if len(s.goods()) != 1 {
			t.Error("trying again does not publish")
		}
	})
}

type fullNode struct {
	Node
	err error
}

func (n *fullNode) Publish(g chat.Goods, then func(*chat.Listing, error)) {
	if n.err != nil {
		then(nil, n.err)
		return
	}
	n.Node.Publish(g, then)
}

func TestEditorDragsPhotos(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.jpg", "c.jpg")
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		drop(s, files)
		first := e.photos.tiles[0]
		for range 30 {
			first.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(10, 0)})
		}
		first.DragEnd()
		if e.photos.tiles[2] != first || first.cover.Visible() || !e.photos.tiles[0].cover.Visible() {
			t.Error("a photo dragged over two others is not the last")
		}
	})
}

func TestPriceOf(t *testing.T) {
	for _, c := range []struct {
		amount, currency string
		minor            int64
		err              error
	}{
		{"", "EUR", 0, nil},
		{"12", "EUR", 1200, nil},
		{"12.5", "EUR", 1250, nil},
		{"12,50", "EUR", 1250, nil},
		{"1,250", "EUR", 125000, nil},
		{"1,250.40", "EUR", 125040, nil},
		{" € 1 250 ", "EUR", 125000, nil},
		{"１２。５", "CNY", 1250, nil},
		{"500.00", "JPY", 500, nil},
		{"5.", "EUR", 500, nil},
		{"5.5", "JPY", 0, chat.ErrBadMoney},
		{"1e5", "EUR", 0, chat.ErrBadMoney},
		{"-5", "EUR", 0, chat.ErrBadMoney},
		{"five", "EUR", 0, chat.ErrBadMoney},
	} {
		got, err := priceOf(c.amount, c.currency)
		if !errors.Is(err, c.err) || err == nil && got.Minor != c.minor {
			t.Errorf("%q %s is %d (%v), want %d (%v)", c.amount, c.currency, got.Minor, err, c.minor, c.err)
		}
	}
}

func TestCurrencyOf(t *testing.T) {
	for locale, want := range map[string]string{"zh_CN.UTF-8": "CNY", "zh-Hans-CN": "CNY", "en_US": "USD", "de_AT.UTF-8": "EUR", "C": "EUR", "": "EUR", "zh_TW": "TWD"} {
		if got := currencyOf(locale); got != want {
			t.Errorf("people of %q pay in %s, want %s", locale, got, want)
		}
	}
}

func TestMyGoods(t *testing.T) {
	inShop(t, 1200, 800, nil, func(s *shop) {
		s.tap(s.app.frame.rail.items[placeGoods])
		list, _ := s.app.spots[placeGoods].list.(*myGoods)
		if !list.empty.Visible() || list.grid.Visible() {
			t.Error("without goods the list does not say what to do")
		}
		for _, title := range []string{"One", "Two", "Three"} {
			e := s.startOffer()
			s.write(e.title, title)
			s.write(e.amount, "1")
			s.tap(e.save)
			s.pass(time.Second)
		}
		if list.empty.Visible() || !list.grid.Visible() || len(list.goods) != 3 || list.goods[0].Goods.Title != "Three" {
			t.Fatalf("the list has %d goods", len(list.goods))
		}
		row, _ := list.grid.bound[1].(*myRow)
		id := row.record.ID
		for _, c := range []struct {
			item int
			to   chat.Status
		}{{1, chat.Reserved}, {2, chat.Sold}, {3, chat.Hidden}, {0, chat.Available}} {
			s.tap(row.status)
			tapMenu(s, c.item)
			l, err := s.node.Listing(s.node.Self().ID, id)
			if err != nil || l.Status != c.to {
				t.Fatalf("goods are %v (%v), want %v", l.Status, err, c.to)
			}
			if list.goods[1].ID != id || row.status.status != c.to {
				t.Errorf("the list shows %v, want %v in its place", row.status.status, c.to)
			}
		}
	})
}

// tapMenu chooses an item of the menu that is open, by keys.
func tapMenu(s *shop, item int) {
	s.Helper()
	menu, ok := s.win.Canvas().Focused().(*menu)
	if !ok {
		s.Fatal("no menu is open")
	}
	for range item + 1 {
		menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.settle()
}

func TestPicker(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.PNG")
	folder := filepath.Dir(files[0])
	notes := filepath.Join(folder, "notes.txt")
	if err := os.WriteFile(notes, []byte("no drawing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.app.kit.folder = folder
		s.tap(e.photos.more)
		var cells []*pickerCell
		for _, o := range test.LaidOutObjects(s.win.Canvas().Overlays().Top()) {
			if c, ok := o.(*pickerCell); ok {
				cells = append(cells, c)
			}
		}
		if len(cells) != 3 || !cells[0].entry.folder {
			t.Fatalf("the picker shows %d entries, want a folder and two pictures", len(cells))
		}
		p := cells[0].of
		s.tap(cells[1])
		s.tap(cells[2])
		s.tap(cells[1])
		s.tap(p.take)
		if n := len(e.photos.ready()); n != 1 {
			t.Fatalf("%d photos, want the one that was chosen and not taken back", n)
		}
		s.tap(e.photos.more)
		cell, _ := s.findCell()
		p = cell.of
		s.write(p.path, notes)
		p.path.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		s.settle()
		if n := len(e.photos.ready()); n != 1 || !e.photoField.wrong.Visible() {
			t.Errorf("a text whose path was typed makes %d photos", n)
		}
	})
}

func (s *shop) findCell() (*pickerCell, bool) {
	for _, o := range test.LaidOutObjects(s.win.Canvas().Overlays().Top()) {
		if c, ok := o.(*pickerCell); ok {
			return c, true
		}
	}
	return nil, false
}
