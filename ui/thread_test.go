package ui

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/rivo/uniseg"

	"haggle/chat"
)

// noon is when these tests play.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// book is a thread in a window, and the room it shows.
type book struct {
	*testing.T
	*thread
	win fyne.Window
	all []*said
}

// open shows a room of n messages of the other person, a minute apart, the page of the newest of them loaded.
func open(t testing.TB, n, page int) *book {
	t.Helper()
	stage(t)
	k := &kit{
		words: NewWords("en"), now: func() time.Time { return noon }, post: func(f func()) { f() }, later: func(time.Duration, func()) {},
		ctx: t.Context(), busy: new(sync.WaitGroup),
	}
	b := &book{thread: newThread(k)}
	b.peer = "Wang"
	if tt, ok := t.(*testing.T); ok {
		b.T = tt
	}
	for i := range n {
		b.all = append(b.all, sayingAt(i, strings.Repeat(fmt.Sprintf("message %d ", i), 1+i%9)))
	}
	b.win = window(t, b.thread, 700, 500)
	b.show(slices.Clone(b.all[n-page:]), n > page, false, chat.MessageID{})
	return b
}

var (
	roomOfTest = chat.RoomID{7}
	theirLog   = chat.LogID{Room: roomOfTest, Author: chat.Seller, Device: chat.DeviceID{1}}
	myLog      = chat.LogID{Room: roomOfTest, Author: chat.Buyer, Device: chat.DeviceID{2}}
)

// sayingAt is message number i of the other person.
func sayingAt(i int, words string) *said {
	return &said{
		id: chat.MessageID{LogID: theirLog, Seq: uint64(i + 1)}, at: chat.Position{Clock: chat.Clock(1000 + 10*i), Author: chat.Seller, Seq: uint64(i + 1)},
		sent: noon.Add(time.Duration(i-100000) * time.Minute).UnixMilli(), state: chat.Received, text: words,
	}
}

// mineAt is an own message that sorts behind message number i.
func mineAt(i int, seq uint64, words string) *said {
	s := sayingAt(i, words)
	s.id, s.mine, s.state = chat.MessageID{LogID: myLog, Seq: seq}, true, chat.Waiting
	s.at = chat.Position{Clock: s.at.Clock + chat.Clock(seq%9) + 1, Author: chat.Buyer, Seq: seq}
	return s
}

// places are where the messages in view stand, by their ID.
func (b *book) places() map[chat.MessageID]float32 {
	at := map[chat.MessageID]float32{}
	for _, p := range b.visible {
		if p.row.message() {
			at[p.row.said.id] = p.y
		}
	}
	return at
}

// unmoved fails unless every message that is in view before and after do stands where it stood, within a pixel.
func (b *book) unmoved(what string, do func()) {
	b.Helper()
	before := b.places()
	do()
	after, both := b.places(), 0
	for id, y := range before {
		now, still := after[id]
		if !still {
			continue
		}
		both++
		if d := now - y; d > 1 || d < -1 {
			b.Errorf("%s: message %d moved by %v", what, id.Seq, d)
		}
	}
	if both == 0 {
		b.Errorf("%s: nothing of what was in view is", what)
	}
}

// texts are the messages in view, top first.
func (t *thread) texts() string {
	var words []string
	for _, p := range t.visible {
		switch {
		case p.row.message():
			words = append(words, strings.TrimSpace(p.row.words(t)))
		case p.row.kind == rowGoods:
			words = append(words, "["+p.row.said.about.title+"]")
		default:
			words = append(words, "-"+p.row.words(t)+"-")
		}
	}
	return strings.Join(words, "|")
}

// bottom is the lower edge of what is shown.
func (b *book) bottom() float32 {
	p := b.visible[len(b.visible)-1]
	return p.y + p.height
}

func TestD11StickingToTheEnd(t *testing.T) {
	b := open(t, 100, 100)
	if !b.stuck || b.bottom() != b.Size().Height-threadPad {
		t.Fatalf("a room opens %v below its end", b.Size().Height-threadPad-b.bottom())
	}
	b.add([]*said{sayingAt(100, "the hundredth")})
	if !strings.HasSuffix(b.texts(), "the hundredth") || b.chip.box.Visible() {
		t.Errorf("what arrives is not followed: %s", b.texts())
	}
	b.win.Resize(fyne.NewSize(400, 300))
	if b.bottom() != b.Size().Height-threadPad {
		t.Errorf("another size leaves the end at %v of %v", b.bottom(), b.Size().Height)
	}
}

func TestD11ReadingOlderNeverMoves(t *testing.T) {
	b := open(t, 300, 100)
	b.scroll(900)
	b.unmoved("arrivals", func() {
		b.add([]*said{sayingAt(300, "one"), sayingAt(301, "two")})
		b.add([]*said{sayingAt(302, "three")})
	})
	if words := b.chip.said; !b.chip.box.Visible() || words != "3 new ↓" {
		t.Errorf("the chip says %q", words)
	}
	b.unmoved("an own message from another device between others", func() { b.add([]*said{mineAt(205, 1, "mine")}) })
	b.unmoved("a late arrival above", func() { b.add([]*said{mineAt(230, 2, "late\nand\ntall")}) })
	b.unmoved("a page in front", func() { b.addOlder(b.all[100:200], true) })
	b.unmoved("the first page", func() { b.addOlder(b.all[:100], false) })
	b.unmoved("a tick", func() { b.setState(chat.MessageID{LogID: myLog, Seq: 2}, chat.Delivered) })
	b.unmoved("less height", func() { b.win.Resize(fyne.NewSize(700, 380)) })
	test.TapCanvas(b.win.Canvas(), b.chip.box.Position().AddXY(10, 10))
	if !b.stuck || b.chip.box.Visible() || !strings.HasSuffix(b.texts(), "three") {
		t.Errorf("the chip leads to %s", b.texts())
	}
}

// TestD11Resize: the message that begins in view stays where it is when another width breaks all lines anew.
func TestD11Resize(t *testing.T) {
	b := open(t, 300, 300)
	b.scroll(2000)
	for _, width := range []float32{360, 520, 900, 700, 300} {
		var held chat.MessageID
		for _, p := range b.visible {
			if p.row.message() && p.y >= 0 {
				held = p.row.said.id
				break
			}
		}
		before := b.places()[held]
		b.win.Resize(fyne.NewSize(width, 500))
		if after := b.places()[held]; after-before > 1 || before-after > 1 {
			t.Errorf("at width %v message %d moved from %v to %v", width, held.Seq, before, after)
		}
	}
}

// TestD11PictureLoads: the room of a picture is known before it is here.
func TestD11PictureLoads(t *testing.T) {
	b := open(t, 60, 60)
	var ready func()
	var shown image.Image
	b.Picture = func(_ *said, then func()) image.Image { ready = then; return shown }
	pic := sayingAt(60, "")
	pic.picture, pic.fetch = &chat.Image{Width: 3000, Height: 2000, Size: 1000}, chat.ImageFetching
	b.add([]*said{pic, sayingAt(61, "look"), sayingAt(62, "at it")})
	b.scroll(100)
	b.unmoved("half a picture", func() { b.setPicture(pic.id, chat.ImageFetching, 500) })
	if got := b.views[b.byID[pic.id]].texts[0].Text; got != "50 %" {
		t.Errorf("half a picture says %q", got)
	}
	b.unmoved("a thumbnail", func() { shown = image.NewGray(image.Rect(0, 0, 3, 2)); ready() })
	b.unmoved("a picture that is here", func() { b.setPicture(pic.id, chat.ImageHere, 1000) })
	if v := b.views[b.byID[pic.id]]; v == nil || v.photo == nil || v.photo.Image == nil {
		t.Error("the picture is not shown")
	}
}

// TestC12PictureOfGoods: a question with a picture about goods shows the goods' photo on their card, and the picture below it.
func TestC12PictureOfGoods(t *testing.T) {
	b := open(t, 2, 2)
	scratch, bike := image.NewGray(image.Rect(0, 0, 3, 2)), image.NewGray(image.Rect(0, 0, 4, 3))
	b.Picture = func(*said, func()) image.Image { return scratch }
	b.Goods = func(*goodsCard, func()) image.Image { return bike }
	asks := sayingAt(2, "is this scratch deep?")
	asks.picture, asks.fetch = &chat.Image{Width: 300, Height: 200, Size: 1000}, chat.ImageHere
	asks.about = &goodsCard{listing: chat.ListingID{1}, title: "bike", photo: []byte("small")}
	b.add([]*said{asks})
	photos := map[image.Image]rowKind{}
	for _, p := range b.visible {
		if v := b.views[p.row]; v != nil && v.photo != nil {
			photos[v.photo.Image] = p.row.kind
		}
	}
	if want := map[image.Image]rowKind{bike: rowGoods, scratch: rowPicture}; !maps.Equal(photos, want) {
		t.Errorf("shown are %v", photos)
	}
}

// TestX4FailedPicture: a picture that does not come says so, and a click asks for it once more.
func TestX4FailedPicture(t *testing.T) {
	b := open(t, 2, 2)
	pic := sayingAt(2, "")
	pic.picture, pic.fetch = &chat.Image{Width: 300, Height: 200, Size: 1000}, chat.ImageFetching
	var asked, viewed []chat.MessageID
	b.OnFetch = func(id chat.MessageID) { asked = append(asked, id) }
	b.OnPicture = func(id chat.MessageID) { viewed = append(viewed, id) }
	b.add([]*said{pic})
	click := func() {
		p := b.visible[len(b.visible)-1]
		test.TapCanvas(b.win.Canvas(), p.row.shape.at.AddXY(30, p.y+30))
	}
	says := func() string { return b.views[b.byID[pic.id]].texts[0].Text }
	b.setPicture(pic.id, chat.ImageFailed, 300)
	if !strings.Contains(says(), "Try again") {
		t.Errorf("a failed picture says %q", says())
	}
	click()
	b.setPicture(pic.id, chat.ImageWaiting, 300)
	b.setPeer("Wang", false, false)
	if !strings.Contains(says(), "when Wang is back") {
		t.Errorf("a picture of somebody who is away says %q", says())
	}
	b.setPeer("Wang", true, true)
	if !strings.Contains(says(), "Load picture") {
		t.Errorf("A7: a stranger's picture says %q", says())
	}
	click()
	b.setPicture(pic.id, chat.ImageHere, 1000)
	click()
	if len(asked) != 2 || len(viewed) != 1 {
		t.Errorf("asked for %d times, viewed %d times", len(asked), len(viewed))
	}
}

func TestD11ScrollsToTheBeginning(t *testing.T) {
	b := open(t, 200, 50)
	older := 0
	b.OnOlder = func() { older++ }
	b.scroll(1e6)
	if older == 0 {
		t.Error("nobody asks for older messages")
	}
	b.addOlder(b.all[:150], false)
	b.scroll(1e6)
	if p := b.visible[0]; p.index != 0 || p.y != threadPad {
		t.Errorf("the first row is number %d at %v", p.index, p.y)
	}
	b.scroll(-1e6)
	if !b.stuck {
		t.Error("the end is not reached")
	}
}

func TestD12OpensAtTheFirstUnread(t *testing.T) {
	b := open(t, 100, 100)
	var seen []uint64
	b.OnSeen = func(id chat.MessageID) { seen = append(seen, id.Seq) }
	b.show(b.all, false, false, b.all[60].id)
	if !strings.Contains(b.texts(), "-New messages-") || !strings.Contains(b.texts(), "message 60") || b.stuck {
		t.Errorf("it opens at %s", b.texts())
	}
	var divider, first float32
	for _, p := range b.visible {
		switch {
		case p.row.kind == rowUnread:
			divider = p.y
		case p.row.said.id == b.all[60].id && p.row.message():
			first = p.y
		}
	}
	if divider <= 0 || divider >= first || divider > 60 {
		t.Errorf("divider at %v, first unread message at %v", divider, first)
	}
	if len(seen) != 1 || seen[0] < 61 || seen[0] >= 100 {
		t.Errorf("seen so far: %v", seen)
	}
	b.scroll(-1e6)
	if seen[len(seen)-1] != 100 {
		t.Errorf("seen at the end: %v", seen)
	}
	if b.scroll(1e6); seen[len(seen)-1] != 100 {
		t.Errorf("going back unsees: %v", seen)
	}
}

// TestD12FewUnread: when all unread messages fit, the view shows them and the end.
func TestD12FewUnread(t *testing.T) {
	b := open(t, 100, 100)
	b.show(b.all, false, false, b.all[98].id)
	if !b.stuck || !strings.Contains(b.texts(), "-New messages-") {
		t.Errorf("shown: %s", b.texts())
	}
}

func TestD10Separators(t *testing.T) {
	b := open(t, 0, 0)
	at := func(i int, day, hour, minute int) *said {
		s := sayingAt(i, fmt.Sprint("m", i))
		s.sent = time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC).UnixMilli()
		return s
	}
	list := []*said{at(0, 21, 9, 0), at(1, 22, 10, 0), at(2, 22, 10, 5), at(3, 22, 10, 11), at(4, 23, 8, 0)}
	b.add(list)
	if got, want := b.texts(), "-Saturday, 09:00-|m0|-Yesterday, 10:00-|m1|m2|-10:11-|m3|-Today, 08:00-|m4"; got != want {
		t.Errorf("shown %s\nwant  %s", got, want)
	}
}

func TestD9ClockOff(t *testing.T) {
	b := open(t, 0, 0)
	a, c := sayingAt(0, "a"), sayingAt(1, "b")
	a.clockOff, c.clockOff = 26*time.Hour, 26*time.Hour
	b.add([]*said{a, c})
	if got := b.texts(); strings.Count(got, "Wang's clock is about 26 hours ahead") != 1 {
		t.Errorf("shown %s", got)
	}
}

func TestC12GoodsChange(t *testing.T) {
	b := open(t, 0, 0)
	about := func(i int, id byte, title string) *said {
		s := sayingAt(i, fmt.Sprint("m", i))
		s.about = &goodsCard{listing: chat.ListingID{id}, title: title, price: "¥45"}
		return s
	}
	var opened []chat.ListingID
	b.OnGoods = func(id chat.ListingID) { opened = append(opened, id) }
	b.add([]*said{about(0, 1, "Lamp"), about(1, 1, "Lamp"), sayingAt(2, "m2"), about(3, 1, "Lamp"), about(4, 2, "Chair"), about(5, 1, "Lamp")})
	if got, want := b.texts(), "[Lamp]|m0|m1|m2|m3|[Chair]|m4|[Lamp]|m5"; !strings.HasSuffix(got, want) {
		t.Errorf("shown %s, want %s", got, want)
	}
	for _, p := range b.visible {
		if p.row.kind == rowGoods && p.row.said.about.title == "Chair" {
			test.TapCanvas(b.win.Canvas(), p.row.shape.at.AddXY(20, p.y+20))
		}
	}
	if !slices.Equal(opened, []chat.ListingID{{2}}) {
		t.Errorf("opened %v", opened)
	}
}

func TestD26UnknownKind(t *testing.T) {
	b := open(t, 0, 0)
	m := chat.Message{ID: sayingAt(0, "").id, Kind: 99, Text: "secret", Unknown: true, State: chat.Received}
	b.add([]*said{sayable(&m, chat.PeerID{}, nil)})
	if got := b.texts(); !strings.Contains(got, "needs a newer version") || strings.Contains(got, "secret") {
		t.Errorf("X18: shown %s", got)
	}
}

func TestD5Ticks(t *testing.T) {
	b := open(t, 3, 3)
	list := []*said{mineAt(3, 1, "one"), mineAt(4, 2, "two"), mineAt(5, 4, "three")}
	b.add(list)
	state := func() string {
		var words []string
		for _, s := range list {
			words = append(words, b.byID[s.id].said.state.String())
		}
		return strings.Join(words, " ")
	}
	b.setState(chat.MessageID{LogID: myLog, Seq: 3}, chat.Delivered) // of an entry that is no row
	if got := state(); got != "delivered delivered waiting" {
		t.Errorf("states are %s", got)
	}
	b.setState(list[0].id, chat.Read)
	b.setState(list[2].id, chat.Withdrawn)
	b.setState(chat.MessageID{LogID: myLog, Seq: 4}, chat.Read)
	if got := state(); got != "read read withdrawn" {
		t.Errorf("states are %s", got)
	}
	if got := b.texts(); strings.Contains(got, "three") || !strings.Contains(got, "withdrawn") {
		t.Errorf("shown %s", got)
	}
	p := b.visible[len(b.visible)-2]
	b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p.row.shape.at.AddXY(5, p.y+5)}})
	if got := b.tip.said; !b.tip.box.Visible() || !strings.HasSuffix(got, "Read by Wang") {
		t.Errorf("the tooltip says %q", got)
	}
	b.Resize(fyne.NewSize(180, b.Size().Height)) // as in a window of 512 x 300 points
	p = b.visible[len(b.visible)-2]
	b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p.row.shape.at.AddXY(5, p.y+5)}})
	read := ""
	for _, line := range b.tip.words {
		read += line.Text + " "
		if right := b.tip.box.Position().X + line.Position().X + fyne.MeasureText(line.Text, line.TextSize, line.TextStyle).Width; right > b.Size().Width {
			t.Errorf("%q of the tooltip ends at %v of %v", line.Text, right, b.Size().Width)
		}
	}
	if read = strings.TrimSpace(read); read != b.tip.said || b.tip.words[1].Text == "" || b.tip.box.Position().X < 0 {
		t.Errorf("the tooltip says %q, at %v", read, b.tip.box.Position())
	}
	b.Refresh() // as when the theme becomes another one
	if !b.tip.box.Visible() || b.tip.words[0].Color != b.color(colorPage) {
		t.Error("the tooltip has lost its words")
	}
}

func TestD21SelectAndCopy(t *testing.T) {
	b := open(t, 0, 0)
	b.add([]*said{sayingAt(0, "see http://example.org/a?b=c now")})
	var copied string
	b.OnCopy = func(s string) { copied = s }
	p := b.visible[len(b.visible)-1]
	f, at := p.row.shape.flow, p.row.shape.text.AddXY(0, p.y+5)
	from, to := f.m.whole("see "), f.m.whole("see http://example.org/a?b=c")
	b.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(from, 0)}, Button: desktop.MouseButtonPrimary})
	b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(to, 0)}})
	b.DragEnd()
	b.TypedShortcut(&fyne.ShortcutCopy{})
	if copied != "http://example.org/a?b=c" {
		t.Errorf("copied %q", copied)
	}
	b.TypedShortcut(&fyne.ShortcutSelectAll{})
	b.TypedShortcut(&fyne.ShortcutCopy{})
	if copied != "see http://example.org/a?b=c now" {
		t.Errorf("copied %q", copied)
	}
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	copied = ""
	b.TypedShortcut(&fyne.ShortcutCopy{})
	if copied != "see http://example.org/a?b=c now" {
		t.Errorf("copied by keyboard %q", copied)
	}
}

// TestFolding: a long text is cut, and each "show more" brings a bounded part of the rest.
func TestFolding(t *testing.T) {
	b := open(t, 2, 2)
	m := chat.Message{ID: sayingAt(5, "").id, Text: strings.Repeat("line\n", 500) + "the end", State: chat.Received, Clock: 9000}
	b.add([]*said{sayable(&m, chat.PeerID{}, nil)})
	r := b.byID[m.ID]
	if n := len(r.shape.flow.lines); n != 200 {
		t.Fatalf("%d lines are shown at first", n)
	}
	if v := b.views[r]; v.used > 60 {
		t.Errorf("%d lines have objects while %v pixels are in view", v.used, b.Size().Height)
	}
	for range 2 {
		p := b.visible[len(b.visible)-1]
		test.TapCanvas(b.win.Canvas(), r.shape.more.AddXY(5, p.y+8))
		b.scroll(-1e6)
	}
	if n := len(r.shape.flow.lines); n != 501 || r.said.rest != "" {
		t.Errorf("%d lines are shown at last, %d bytes more", n, len(r.said.rest))
	}
}

// TestHostileText: whatever a stranger sends, the window measures and draws a bounded part of it (SECURITY-NOTES 2.7). The
// work is counted rather than timed; how long it takes BenchmarkThreadHostile tells.
func TestHostileText(t *testing.T) {
	b := open(t, 0, 0)
	for name, words := range hostileTexts() {
		m := chat.Message{ID: sayingAt(1, "").id, Text: words, State: chat.Received}
		b.faces = nil
		b.show([]*said{sayable(&m, chat.PeerID{}, nil)}, false, false, chat.MessageID{})
		r := b.byID[m.ID]
		if n := len(b.fonts().body.others); n > 2000 {
			t.Errorf("%s: %d clusters are measured", name, n)
		}
		if n := uniseg.GraphemeClusterCount(r.shape.flow.text); n > 2000 || len(r.shape.flow.lines) > 2001 {
			t.Errorf("%s: %d clusters in %d lines are laid out", name, n, len(r.shape.flow.lines))
		}
		if n := b.views[r].used; n > 2*wholeLines {
			t.Errorf("%s: %d lines have objects", name, n)
		}
		for _, o := range b.views[r].texts {
			if o.MinSize().Width > b.Size().Width {
				t.Errorf("%s draws a line %v wide", name, o.MinSize().Width)
			}
		}
	}
}

func hostileTexts() map[string]string {
	return map[string]string{
		"chinese": strings.Repeat("汉", 20_000), "bidi": strings.Repeat("\u202e", 20_000) + "x", "zero": strings.Repeat("\x00", 60_000) + "x",
		"marks": "x" + strings.Repeat("\u0301", 30_000), "no space": strings.Repeat("w", 60_000), "spaces": "a" + strings.Repeat(" ", 60_000) + "b",
		"lines": strings.Repeat("\n", 60_000) + "x", "different": different(16_000), "emoji": strings.Repeat("👩‍👩‍👧‍👦", 2_000),
	}
}

func BenchmarkThreadHostile(b *testing.B) {
	r := open(b, 0, 0)
	for name, words := range hostileTexts() {
		m := chat.Message{ID: sayingAt(1, "").id, Text: words, State: chat.Received}
		s := sayable(&m, chat.PeerID{}, nil)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.faces = nil
				r.show([]*said{s}, false, false, chat.MessageID{})
			}
		})
	}
}

// different is n different characters.
func different(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteRune(rune(0x4e00 + i))
	}
	return s.String()
}

func benchRoom(b *testing.B) *book {
	b.Helper()
	return open(b, 100_000, 100_000)
}

// frame draws the window, as a screen would.
func (b *book) frame() { b.win.Canvas().Capture() }

func BenchmarkThreadOpen100k(b *testing.B) {
	r := benchRoom(b)
	page := r.all[len(r.all)-50:]
	for b.Loop() {
		r.show(page, true, false, chat.MessageID{})
		r.frame()
	}
}

func BenchmarkThreadScroll100k(b *testing.B) {
	r := benchRoom(b)
	r.win.Resize(fyne.NewSize(1100, 750))
	for b.Loop() {
		r.scroll(20)
	}
}

func BenchmarkThreadScrollFrame100k(b *testing.B) {
	r := benchRoom(b)
	r.win.Resize(fyne.NewSize(1100, 750))
	r.frame()
	for b.Loop() {
		r.scroll(20)
		r.frame()
	}
}

// BenchmarkFrameOfNothing is what of a frame the software painter takes for itself.
func BenchmarkFrameOfNothing(b *testing.B) {
	stage(b)
	w := window(b, newFill(colorPage), 1100, 750)
	for b.Loop() {
		w.Canvas().Capture()
	}
}

func BenchmarkThreadAppend100k(b *testing.B) {
	r := benchRoom(b)
	i := len(r.all)
	for b.Loop() {
		r.add([]*said{sayingAt(i, "one more")})
		i++
	}
}

func BenchmarkThreadJump100k(b *testing.B) {
	r := benchRoom(b)
	at := float32(0)
	for b.Loop() {
		r.bar.to(float32(int(at) % 500))
		at += 37
	}
}
