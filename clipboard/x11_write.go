//go:build !windows && !darwin

package clipboard

import (
	"context"
	"errors"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// offer is a picture of ours in the clipboard: X11 has nobody who keeps it, so a goroutine answers who asks.
type offer struct {
	*screen
	png                      []byte
	clipboard, targets, kind xproto.Atom
	ended                    chan struct{}
}

func makeOffer(ctx context.Context, png []byte) (*offer, error) {
	s, err := open()
	if err != nil {
		return nil, err
	}
	o := &offer{screen: s, png: png, ended: make(chan struct{})}
	if err := s.during(ctx, o.own); err != nil {
		s.end()
		return nil, err
	}
	go o.serve()
	return o, nil
}

// own makes our window the owner of the clipboard.
func (o *offer) own() error {
	names, err := o.atoms("CLIPBOARD", "TARGETS", kinds[0])
	if err != nil {
		return err
	}
	o.clipboard, o.targets, o.kind = names[0], names[1], names[2]
	xproto.SetSelectionOwner(o.conn, o.window, o.clipboard, xproto.TimeCurrentTime)
	owner, err := xproto.GetSelectionOwner(o.conn, o.clipboard).Reply()
	if err == nil && owner.Owner != o.window {
		err = errors.New("another program took the clipboard")
	}
	return err
}

// serve answers until another program owns the clipboard, or the connection ends.
func (o *offer) serve() {
	defer close(o.ended)
	for {
		event, failed := o.conn.WaitForEvent() // who asked may be gone: then it failed, and nothing is to be done
		switch e := event.(type) {
		case xproto.SelectionRequestEvent:
			o.answer(e)
		case xproto.SelectionClearEvent:
			o.conn.Close()
			o.png = nil
		case nil:
			if failed == nil {
				return
			}
		}
	}
}

// answer gives the picture, or the list of what there is, to a program that asked.
func (o *offer) answer(e xproto.SelectionRequestEvent) {
	to := e.Property
	if to == xproto.AtomNone {
		to = e.Target // as very old programs ask
	}
	switch e.Target {
	case o.targets:
		list := make([]byte, 8)
		xgb.Put32(list, uint32(o.targets))
		xgb.Put32(list[4:], uint32(o.kind))
		xproto.ChangeProperty(o.conn, xproto.PropModeReplace, e.Requestor, to, xproto.AtomAtom, 32, 2, list)
	case o.kind:
		mode := byte(xproto.PropModeReplace)
		for rest := o.png; len(rest) > 0; mode = xproto.PropModeAppend {
			part := rest[:min(len(rest), o.chunk)]
			rest = rest[len(part):]
			xproto.ChangeProperty(o.conn, mode, e.Requestor, to, o.kind, 8, uint32(len(part)), part)
		}
	default:
		to = xproto.AtomNone
	}
	told := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: to}
	xproto.SendEvent(o.conn, false, e.Requestor, 0, string(told.Bytes()))
}

// end gives the clipboard up.
func (o *offer) end() {
	o.screen.end()
	<-o.ended
}
