package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2/container"
)

// TakeHome brings what a kiosk holds of somebody who was a guest there into a profile of its own. Called off the UI's
// goroutine.
type TakeHome interface {
	// Take waits for that and returns the profile's folder. ErrNoCode, ErrCodeRefused, ErrNoKiosk.
	Take(ctx context.Context, code string) (folder string, err error)
	// Open opens another window with that profile.
	Open(folder string) error
}

// Errors of TakeHome that people can do something about.
var (
	ErrNoCode      = errors.New("this is no code")
	ErrCodeRefused = errors.New("the kiosk does not take the code")
	ErrNoKiosk     = errors.New("no kiosk was found")
)

// takeHome asks for the code of a kiosk and brings what is there.
func (k *kit) takeHome() {
	code := newEntry(k, "")
	field := newField(k.say("take.code"), tall(code))
	hint := newParagraph(k.say("take.hint"), sizeBody, colorMuted)
	ctx, cancel := context.WithCancel(k.ctx)
	var m *modal
	var bring *button
	begin := func() {
		input := strings.TrimSpace(code.Text)
		if input == "" || bring.disabled {
			return
		}
		bring.enable(false)
		field.complain("")
		hint.set(k.say("take.looking"))
		m.Refresh()
		read(k, func() (string, error) { return k.home.Take(ctx, input) }, func(folder string, err error) {
			if ctx.Err() != nil && err != nil {
				return // it was closed
			}
			if err == nil {
				m.close()
				k.tookHome(folder)
				return
			}
			k.log.Warn("Not taken home", "err", err)
			bring.enable(true)
			hint.set(k.say("take.hint"))
			field.complain(k.notTaken(err))
			m.Refresh()
			k.window.Canvas().Focus(code)
		})
	}
	code.OnChanged = func(string) {
		if field.wrong.text != "" {
			field.complain("")
			m.Refresh()
		}
	}
	code.OnSubmitted = func(string) { begin() }
	bring = newButton(primary, "", k.say("take.bring"), begin)
	m = showModal(k, 480, newColumn(gutter,
		newParagraph(k.say("take.title"), sizeTitle, colorText).strong(),
		hint, field.Container,
		container.New(toRight{grid}, newButton(plain, "", k.say("do.cancel"), func() { m.close() }), bring),
	), code)
	m.gone = cancel
}

// notTaken says what a person can do.
func (k *kit) notTaken(err error) string {
	switch {
	case errors.Is(err, ErrNoCode):
		return k.say("take.wrong")
	case errors.Is(err, ErrCodeRefused):
		return k.say("take.refused")
	case errors.Is(err, ErrNoKiosk):
		return k.say("take.nobody")
	default:
		return k.failure(err)
	}
}

// tookHome says where it is, and opens it.
func (k *kit) tookHome(folder string) {
	var m *modal
	open := newButton(primary, "", k.say("take.openNow"), func() {
		m.close()
		read(k, func() (struct{}, error) { return struct{}{}, k.home.Open(folder) }, func(_ struct{}, err error) {
			if err != nil {
				k.log.Error("Profile not opened", "err", err)
				k.toast(k.say("take.notOpened"))
			}
		})
	})
	m = showModal(k, 480, newColumn(gutter,
		newParagraph(k.say("take.done"), sizeTitle, colorText).strong(),
		newParagraph(k.say("take.doneHint"), sizeBody, colorMuted),
		newPanel(colorRaised, radius, inset(grid, grid, gutter, grid, newParagraph(folder, sizeCaption, colorText))),
		container.New(toRight{grid}, newButton(plain, "", k.say("do.close"), func() { m.close() }), open),
	), open)
}
