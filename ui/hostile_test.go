package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// generators make the texts of SECURITY.md's catalogue that froze a widget for seconds, or for ever.
var generators = map[string]string{
	"words":       "lorem ipsum ",
	"chinese":     "这件商品还在吗？",
	"newlines":    "\r\n",
	"zalgo":       "Z" + strings.Repeat("\u0301\u0316\u0489", 20),
	"families":    "👩🏽\u200d❤️\u200d💋\u200d👨🏻👨\u200d👩\u200d👧\u200d👦\u200d",
	"bidi":        "\u202ea\u2067b\u2066\u202d",
	"nul":         "\x00",
	"bad UTF-8":   "\xff\xc0\x80a\xed\xa0\x80",
	"private use": "\ue000\U000f0000\U0010fffd",
	"ligatures":   "\ufdfa\ufdfb",
	"blanks":      "\u3164\u115f\u2800\uffa0\u200b\u2060\u00ad\ufeff\u200d\ufe0f\u034f",
	"tags":        "🏴\U000e0067\U000e0062\U000e0065\U000e007f",
	"marks alone": "\u0301",
}

// TestHP58TextsThatFroze shows each text in a room, from what is read of it to what is painted. The work of the UI's own
// goroutine is what a person feels.
func TestHP58TextsThatFroze(t *testing.T) {
	b := open(t, 20, 20)
	b.frame()
	nobody := func(chat.ListingID) *chat.Listing { return nil }
	var worst, worstRead time.Duration
	slowest := ""
	for _, name := range []string{
		"words", "chinese", "newlines", "zalgo", "families", "bidi", "nul", "bad UTF-8", "private use", "ligatures", "blanks", "tags", "marks alone",
	} {
		sizes := []int{2 << 10, 8 << 10, 64 << 10, 1 << 20}
		if testing.Short() {
			sizes = sizes[:1]
		}
		for _, size := range sizes {
			unit := generators[name]
			words := strings.Repeat(unit, size/len(unit)+1)[:size]
			begun := time.Now()
			s := sayable(&chat.Message{ID: chat.MessageID{LogID: theirLog, Seq: 1}, Kind: chat.KindText, Text: words, State: chat.Received}, chat.PeerID{1}, nobody)
			read := time.Since(begun)
			begun = time.Now()
			b.show([]*said{s}, false, false, chat.MessageID{})
			b.frame()
			shown := time.Since(begun)
			if shown > worst {
				worst, slowest = shown, name
			}
			worstRead = max(worstRead, read)
			if shown > 2*time.Second || read > 5*time.Second {
				t.Errorf("%d bytes of %s: %v to read and %v to show", size, name, read, shown)
			}
			if len(b.rows) == 0 {
				t.Errorf("%d bytes of %s are not shown at all", size, name)
			}
		}
	}
	if len(generators) != 13 {
		t.Errorf("%d generators", len(generators))
	}
	t.Logf("at worst %v to read, and %v to show (%s)", worstRead, worst, slowest)
}

// TestHP62LinksStartNothing: whatever a peer writes as a link stays text, in a room, in goods and on their page. Nothing in
// the window can open it.
func TestHP62LinksStartNothing(t *testing.T) {
	plainOnly(t, []string{
		"file:///etc/passwd", `\\host\share\x.exe`, "smb://10.0.0.66/x", "ms-settings:", "ms-msdt:/id PCWDiagnostic", "javascript:alert(1)",
		"http://10.0.0.66/track", "https://xn--80ak6aa92e.com", "haggle:AAAA@10.0.0.66:1", "tel:0900123456",
	})
}

// TestHP63MarkupStaysText: markdown, HTML and drawings are shown as they were typed; nothing is loaded.
func TestHP63MarkupStaysText(t *testing.T) {
	plainOnly(t, []string{
		"![x](http://10.0.0.66/track.png)", "[pay here](http://10.0.0.66)", "<img src=file:///etc/passwd>", "# heading", "**bold**",
		"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://10.0.0.66'/></svg>", "```sh\nreboot\n```",
	})
}

func plainOnly(t *testing.T, texts []string) {
	t.Helper()
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.says(w.me, room, "hello")
		w.pass(time.Second)
		w.says(w.wang, room, texts...)
		goods := chat.Goods{Title: texts[0], Description: strings.Join(texts, "\n"), Quantity: 1, Price: chat.Money{Minor: 100, Currency: "CNY"}}
		listing, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) { w.wang.node.Publish(goods, then) })
		if err != nil {
			w.Fatal(err)
		}
		w.pass(10 * time.Second)
		w.rest()
		nothingOpens := func(where string) {
			for _, o := range test.LaidOutObjects(w.win.Canvas().Content()) {
				switch o := o.(type) {
				case *widget.Hyperlink:
					t.Errorf("%s: a link could open what a peer wrote", where)
				case *widget.RichText: // of a field to type into
					for _, s := range o.Segments {
						if _, plain := s.(*widget.TextSegment); !plain {
							t.Errorf("%s: a %T could load or open what a peer wrote", where, s)
						}
					}
				case *canvas.Image:
					if o.File != "" || o.Resource != nil && slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(string(o.Resource.Content()), s) }) {
						t.Errorf("%s: an image is loaded by name", where)
					}
				}
			}
		}
		p := w.enters(room)
		var shown []string
		for _, r := range p.thread.rows {
			if r.said != nil && !r.said.mine && r.kind == rowSpeech {
				shown = append(shown, r.said.text)
			}
		}
		if !slices.Equal(shown, texts) {
			t.Errorf("the room shows %q, want %q", shown, texts)
		}
		nothingOpens("room")
		w.app.openGoods(w.wang.identity.ID, listing.ID)
		w.settle()
		nothingOpens("goods")
		w.opensPerson()
		nothingOpens("person")
	})
}

// TestHP16NamesInTheWindow: names that would turn the line round, be blank or look like somebody else's are shown clean.
func TestHP16NamesInTheWindow(t *testing.T) {
	k := &kit{words: NewWords("en")}
	for _, name := range []string{"\u202eevil\u202c", "\u2066a\u2069", "a\u200b\u200bb", "\u3164", "", " \u00a0\u2003", "x\x00\x1b[31m", strings.Repeat("é", 400)} {
		id := chat.PeerID{7}
		shown := k.personName(chat.PeerView{Peer: chat.Peer{ID: id}, Name: name})
		if shown == "" || strings.ContainsAny(shown, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u3164\x00\x1b\n") || len([]rune(shown)) > 2*chat.MaxName {
			t.Errorf("%+q is shown as %+q", name, shown)
		}
	}
}

// TestHP19KnownNameInTheWindow: the room, the list of people and the page of somebody who comes under a known name say that
// this is not the known one.
func TestHP19KnownNameInTheWindow(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		other := w.joins(9, "Bo", func(chat.Event) {})
		defer func() {
			other.stop()
			other.host.Detach()
			if err := other.mem.Close(); err != nil {
				t.Error(err)
			}
		}()
		w.pass(5 * time.Second)
		known := w.room(w.me, w.wang, w.me)
		w.says(w.me, known, "hello")
		theirs := w.room(other, w.me, other)
		w.says(other, theirs, "hello?")
		w.rest()
		p := w.enters(known)
		if p.caution.object.Visible() {
			t.Error("a caution before anybody came")
		}
		name := "Ｗang"
		if _, err := chat.Await(w.Context(), func(then func(chat.SelfView, error)) { other.node.SetSelf(chat.SelfChange{Name: &name}, then) }); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		w.rest()
		wang, impostor := w.wang.identity.ID.Short(), other.identity.ID.Short()
		if !p.caution.object.Visible() || !w.shows(w.app.kit.say("room.alike", wang)) {
			t.Error("the known one's open room does not warn")
		}
		p = w.enters(theirs)
		if want := w.app.kit.say("room.another", name, wang, impostor); !p.caution.object.Visible() || p.caution.words.text != want {
			t.Errorf("the other's room says %q, want %q", p.caution.words.text, want)
		}
		w.app.goTo(placePeople)
		w.settle()
		if !w.shows(impostor + " · " + w.app.kit.say("people.another") + " · " + w.app.kit.say("person.online")) {
			t.Error("the list of people does not say so")
		}
	})
}
