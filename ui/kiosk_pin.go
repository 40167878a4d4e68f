package ui

import (
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// pinPad asks for the owner's PIN, over whatever is on the screen. Left alone it goes away.
type pinPad struct {
	kit    *kit
	owner  Owner
	object fyne.CanvasObject
	dots   *fyne.Container
	word   *label
	typed  string
	busy   bool
	gone   bool
	pass   func()
	close  func()
	touch  int // counts taps, for the timer
}

// The owner's screens: how long each stays without a touch, and how many digits a PIN has at most.
const (
	padTime   = 20 * time.Second
	ownerTime = 2 * time.Minute
	padDigits = 12
)

func newPINPad(k *kit, owner Owner, pass, away func()) *pinPad {
	p := &pinPad{kit: k, owner: owner, dots: newRow(12, -1), word: newParagraph("", sizeBody, colorMuted).centred(), pass: pass}
	p.close = func() {
		if !p.gone {
			p.gone, p.typed = true, ""
			away()
		}
	}
	keys := container.New(padKeys{})
	for _, key := range strings.Fields("1 2 3 4 5 6 7 8 9 erase 0 enter") {
		keys.Add(p.newKey(key))
	}
	scrim := newTappable(newFill(colorScrim), 0, p.close)
	scrim.plain = true
	card := newPanel(colorSurface, 28, inset(22, 22, 32, 32, newColumn(12,
		newParagraph(k.say("kiosk.pin"), sizeStrong, colorText).strong().centred(),
		newSized(0, 22, container.NewCenter(p.dots)), p.word, keys)))
	card.lifted = true
	p.object = container.NewStack(scrim, container.New(middle{380}, card))
	p.show(k.say("kiosk.pinHint"))
	p.rest()
	return p
}

func (p *pinPad) newKey(key string) fyne.CanvasObject {
	var on fyne.CanvasObject
	name := key
	switch key {
	case "erase":
		name, on = p.kit.say("keyboard.back"), newIcon("erase", colorText, 28)
	case "enter":
		name, on = p.kit.say("kiosk.pinOpen"), newIcon("check", colorOnAccent, 28)
	default:
		on = newWhole(key, sizeTitle, colorText).strong()
	}
	t := newTappable(newSized(reach, reach, container.NewCenter(on)), 16, func() { p.press(key) })
	t.name = name
	t.paint(colorRaised, "")
	if key == "enter" {
		t.paint(colorAccent, "")
	}
	return t
}

func (p *pinPad) press(key string) {
	p.touch++
	p.kit.stirred()
	switch {
	case p.busy || p.gone:
		return
	case key == "enter":
		p.open()
		return
	case key == "erase":
		p.typed = p.typed[:max(0, len(p.typed)-1)]
	case len(p.typed) < padDigits:
		p.typed += key
	}
	p.show("")
}

// show draws a dot for each digit, and says a word.
func (p *pinPad) show(word string) {
	p.dots.Objects = nil
	for range p.typed {
		p.dots.Add(newSized(14, 14, newPanel(colorAccent, 7, nil)))
	}
	p.word.set(word)
	p.dots.Refresh()
	canvas.Refresh(p.object)
}

// open tries the PIN, which takes a moment.
func (p *pinPad) open() {
	if p.typed == "" {
		return
	}
	pin := p.typed
	p.typed, p.busy = "", true
	p.show(p.kit.say("kiosk.pinLooking"))
	var wait time.Duration
	read(p.kit, func() (time.Duration, error) {
		var err error
		wait, err = p.owner.Open(pin)
		return wait, err
	}, func(wait time.Duration, err error) {
		p.busy = false
		k := p.kit
		switch {
		case p.gone:
		case err == nil:
			p.close()
			p.pass()
		case errors.Is(err, ErrNoPIN):
			p.show(k.say("kiosk.pinNone"))
		case errors.Is(err, ErrWaitPIN):
			p.show(k.say("kiosk.pinWait", spell(k, wait)))
		case errors.Is(err, ErrWrongPIN) && wait > 0:
			p.show(k.say("kiosk.pinWrongWait", spell(k, wait)))
		case errors.Is(err, ErrWrongPIN):
			p.show(k.say("kiosk.pinWrong"))
		default:
			k.log.Error("PIN not looked at", "err", err)
			p.show(k.say("kiosk.pinFailed"))
		}
	})
}

// rest closes the pad when nobody has touched it for a while.
func (p *pinPad) rest() {
	touch := p.touch
	p.kit.after(padTime, func() {
		switch {
		case p.gone:
		case touch == p.touch && !p.busy:
			p.close()
		default:
			p.rest()
		}
	})
}

// spell is a time to wait in words.
func spell(k *kit, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return k.count("kiosk.days", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return k.count("kiosk.hours", int(d/time.Hour))
	case d >= 2*time.Minute:
		return k.count("kiosk.minutes", int((d+time.Minute-1)/time.Minute))
	default:
		return k.count("kiosk.seconds", int((d+time.Second-1)/time.Second))
	}
}

// padKeys puts keys in rows of three.
type padKeys struct{}

const (
	padKey    float32 = 60
	padKeyGap float32 = 10
)

// Layout is for Fyne.
func (padKeys) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := (size.Width - 2*padKeyGap) / 3
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, padKey))
		o.Move(fyne.NewPos(float32(i%3)*(width+padKeyGap), float32(i/3)*(padKey+padKeyGap)))
	}
}

// MinSize is for Fyne.
func (padKeys) MinSize(objects []fyne.CanvasObject) fyne.Size {
	rows := float32((len(objects) + 2) / 3)
	return fyne.NewSize(3*padKey+2*padKeyGap, rows*padKey+max(0, rows-1)*padKeyGap)
}

// askPIN asks for the owner's PIN.
func (h *Kiosk) askPIN() {
	if h.pad != nil || h.owner != nil {
		return
	}
	h.pad = newPINPad(h.kit, h.cfg.Owner, h.openOwner, func() {
		h.pad = nil
		h.show(layerPad, nil)
	})
	h.show(layerPad, h.pad.object)
}

// openOwner shows the owner's page.
func (h *Kiosk) openOwner() {
	h.owner = newOwnerPage(h.kit, h.cfg.Owner, func() int { return h.guests }, func() {
		h.owner = nil
		h.show(layerPad, nil)
	})
	h.show(layerPad, h.owner.object)
}
