package ui

import (
	"fmt"
	"image/png"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

func TestShot(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		var l *chat.Listing
		l, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
			w.wang.node.Publish(chat.Goods{Title: "Desk lamp, brass, 1970s", Price: chat.Money{Minor: 4500, Currency: "CNY"}, Quantity: 1, Category: "Home"}, then)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		type opened struct{ chat.RoomView }
		r, err := chat.Await(w.Context(), func(then func(opened, error)) {
			w.me.node.OpenRoom(w.me.identity.ID, w.wang.identity.ID, l.ID, func(v chat.RoomView, _ bool, err error) { then(opened{v}, err) })
		})
		if err != nil {
			t.Fatal(err)
		}
		room := r.ID
		w.room(w.me, w.wang, w.wang)
		other := w.room(w.wang, w.me, w.wang)
		w.says(w.wang, other, "你好，自行车还在吗？")
		p := w.enters(room)
		p.types("Hello! Is the lamp still available?")
		w.settle()
		w.pass(2 * time.Second)
		w.says(w.wang, room, "我的台灯还在，可以今天下午来看。", "It works, the cable is new. Come by any time after four, I am at the counter near the door.")
		w.pass(2 * time.Second)
		p.types("Great, thank you")
		w.settle()
		w.pass(2 * time.Second)
		test.Type(p.composer.field, "I will be there")
		for _, lang := range []string{"en", "zh"} {
			for _, look := range []Look{LookLight, LookDark} {
				for _, s := range []fyne.Size{{Width: 1024, Height: 600}, {Width: 1440, Height: 900}} {
					if (lang == "zh") != (look == LookDark) {
						continue
					}
					w.win.Resize(s)
					w.app.change(func(x *Settings) { x.Language, x.Look = lang, look })
					fyne.CurrentApp().Settings().SetTheme(&Theme{Look: look})
					w.settle()
					w.enters(room)
					w.settle()
					f, _ := os.Create(fmt.Sprintf("/tmp/room-%s-%d-%d.png", lang, look, int(s.Width)))
					png.Encode(f, w.win.Canvas().Capture())
					f.Close()
				}
			}
		}
		w.enters(other)
		w.app.change(func(x *Settings) { x.Language, x.Look = "en", LookLight })
		fyne.CurrentApp().Settings().SetTheme(&Theme{Look: LookLight})
		w.win.Resize(fyne.NewSize(1024, 600))
		w.settle()
		w.enters(other)
		w.cut()
		f, _ := os.Create("/tmp/room-request.png")
		png.Encode(f, w.win.Canvas().Capture())
		f.Close()
		w.tapButton("Block")
		f, _ = os.Create("/tmp/room-ask.png")
		png.Encode(f, w.win.Canvas().Capture())
		f.Close()
	})
}
