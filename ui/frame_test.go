package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// paneOf is a pane that notes what the frame does to it.
type paneOf struct {
	view  *label
	leave func()
}

func newPaneOf(text string) *paneOf { return &paneOf{view: newLabel(text, sizeBody, colorText)} }

func (p *paneOf) object() fyne.CanvasObject { return p.view }
func (p *paneOf) apply(chat.Event)          {}
func (p *paneOf) back(leave func())         { p.leave = leave }
func (p *paneOf) shown()                    {}
func (p *paneOf) closed()                   {}

func TestFrame(t *testing.T) {
	stage(t)
	words := &kit{words: NewWords("en")}
	list, detail := newPaneOf("list"), newPaneOf("detail")
	blank := newLabel("blank", sizeBody, colorText)
	left := false
	for _, c := range []struct {
		name         string
		width        float32
		detail       pane
		blank        fyne.CanvasObject
		seen, hidden []fyne.CanvasObject
		wayBack      bool
	}{
		{"wide, nothing open", 1200, nil, blank, []fyne.CanvasObject{list.view, blank}, nil, false},
		{"wide, open", 1200, detail, blank, []fyne.CanvasObject{list.view, detail.view}, []fyne.CanvasObject{blank}, false},
		{"wide, open, no blank", 1200, detail, nil, []fyne.CanvasObject{list.view, detail.view}, nil, true},
		{"wide, nothing open, no blank", 1200, nil, nil, []fyne.CanvasObject{list.view}, []fyne.CanvasObject{detail.view}, false},
		{"narrow, nothing open", 700, nil, blank, []fyne.CanvasObject{list.view}, []fyne.CanvasObject{blank}, false},
		{"narrow, open", 700, detail, blank, []fyne.CanvasObject{detail.view}, []fyne.CanvasObject{list.view, blank}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			detail.leave, left = nil, false
			f := newFrame(newRail(words, func(place) {}, func() {}))
			f.show(list, c.detail, c.blank, func() { left = true })
			window(t, f, c.width, 600)
			seen := test.WidgetRenderer(f).Objects()
			at := func(o fyne.CanvasObject) bool {
				for _, s := range seen {
					if s == o {
						return true
					}
				}
				return false
			}
			right := railWidth
			for _, o := range c.seen {
				if !at(o) {
					t.Error("an object is missing")
				}
				if x := o.Position().X; x < right || x > right+1 {
					t.Errorf("an object is at %v, want it at %v", x, right)
				}
				right = o.Position().X + o.Size().Width
			}
			if right != c.width {
				t.Errorf("the objects end at %v of %v", right, c.width)
			}
			for _, o := range c.hidden {
				if at(o) {
					t.Error("an object is on the screen that should not be")
				}
			}
			if (detail.leave != nil) != c.wayBack {
				t.Fatalf("a way back is offered: %v, want %v", detail.leave != nil, c.wayBack)
			}
			if c.wayBack {
				if detail.leave(); !left {
					t.Error("the way back leads nowhere")
				}
			}
		})
	}
}

func TestRail(t *testing.T) {
	stage(t)
	var went []place
	r := newRail(&kit{words: NewWords("zh")}, func(to place) { went = append(went, to) }, func() {})
	window(t, r, railWidth, 600)
	for _, item := range r.items {
		if size := item.Size(); size.Width < touch || size.Height < touch {
			t.Errorf("%s is %v, too small to hit", item.name, size)
		}
		if end := item.Position().Y + item.Size().Height; end > 600 {
			t.Errorf("%s ends at %v, below the window", item.name, end)
		}
		test.Tap(item)
	}
	test.Tap(r.self)
	if want := []place{placeMarket, placeChats, placeGoods, placePeople, placeSettings, placeSettings}; len(went) != len(want) {
		t.Errorf("taps led to %v, want %v", went, want)
	}
	r.items[placeChats].number.set(120)
	if n := r.items[placeChats].number; !n.Visible() || n.label.text != "99+" {
		t.Errorf("120 unread show as %q (visible: %v)", n.label.text, n.Visible())
	}
	r.items[placeChats].number.set(0)
	if r.items[placeChats].number.Visible() {
		t.Error("no unread message shows a number")
	}
}
