package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// form is a few things to type before something is done. While that goes on it cannot be left; if it fails, it says why and
// stays.
type form struct {
	title, hint string
	inputs      []input
	deed        string // on the button that does it
	kind        buttonKind
	work        func(typed []string) error // called off the UI's goroutine
	why         func(error) string
	done        func()
}

// input is one thing to type.
type input struct {
	name, text string
	secret     bool
	again      bool // the same as the one before
}

// fill asks for what a form wants. Esc and the other button leave everything as it is; what is under way goes on.
func (k *kit) fill(f form) {
	var (
		m       *modal
		do      *button
		fields  []*field
		entries []*entry
		working bool
		left    bool
	)
	complain := func(at int, what string) {
		for i, field := range fields {
			if i == at {
				field.complain(what)
			} else {
				field.complain("")
			}
		}
		m.page.relayout()
		m.Refresh()
	}
	blame := func(err error) int {
		for i, in := range f.inputs {
			if in.secret && (errors.Is(err, ErrWrongPassphrase) || errors.Is(err, ErrEmptyPassphrase)) {
				return i
			}
		}
		return 0
	}
	start := func() {
		if working {
			return
		}
		typed := make([]string, len(entries))
		for i, e := range entries {
			typed[i] = e.Text
			if f.inputs[i].again && typed[i] != typed[i-1] {
				complain(i, k.say("form.differs"))
				return
			}
		}
		working = true
		do.enable(false)
		complain(-1, "")
		read(k, func() (struct{}, error) { return struct{}{}, f.work(typed) }, func(_ struct{}, err error) {
			working = false
			do.enable(true)
			switch {
			case err == nil:
				if !left {
					m.close()
				}
				f.done()
			case left:
				k.toast(f.why(err))
			default:
				k.log.Warn("Form not taken", "err", err)
				complain(blame(err), f.why(err))
			}
		})
	}
	inside := newColumn(grid+gap, newParagraph(f.title, sizeStrong, colorText).strong(), newParagraph(f.hint, sizeBody, colorMuted))
	for _, in := range f.inputs {
		e := newEntry(k, "")
		e.Password = in.secret
		e.SetText(in.text)
		e.keyed = func(key fyne.KeyName) bool {
			if key == fyne.KeyEscape {
				m.close()
				return true
			}
			return false
		}
		e.OnSubmitted = func(string) { start() }
		field := newField(in.name, tall(e))
		entries, fields = append(entries, e), append(fields, field)
		inside.Add(field.Container)
	}
	do = newButton(f.kind, "", f.deed, start)
	cancel := newButton(plain, "", k.say("do.cancel"), func() { m.close() })
	inside.Add(inset(grid, 0, 0, 0, container.New(toRight{grid}, cancel, do)))
	m = showModal(k, 480, inside, entries[0])
	m.gone = func() { left = true }
}
