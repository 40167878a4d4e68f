//go:build !windows && !darwin

package clipboard

import (
	"context"
	"slices"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

const (
	partWords  = 64 << 10 // how much of a property is asked for at once, in units of 4 bytes
	maxTargets = 16 << 10 // bytes of the list of what the clipboard offers
)

func read(ctx context.Context, limit int64) (data []byte, err error) {
	s, err := open()
	if err != nil {
		return nil, err
	}
	defer s.end()
	err = s.during(ctx, func() error {
		data, err = s.picture(limit)
		return err
	})
	return data, err
}

// picture asks the owner of the clipboard what it has, and for the best of that.
func (s *screen) picture(limit int64) ([]byte, error) {
	names, err := s.atoms(append([]string{"CLIPBOARD", property, "INCR", "TARGETS"}, kinds...)...)
	if err != nil {
		return nil, err
	}
	to := transfer{screen: s, clipboard: names[0], property: names[1], incr: names[2]}
	list, err := to.get(names[3], maxTargets)
	if err != nil {
		return nil, err
	}
	var offered []xproto.Atom
	for ; len(list) >= 4; list = list[4:] {
		offered = append(offered, xproto.Atom(xgb.Get32(list)))
	}
	for _, kind := range names[4:] {
		if slices.Contains(offered, kind) {
			data, err := to.get(kind, limit)
			if err == nil && len(data) == 0 {
				err = ErrNone
			}
			return data, err
		}
	}
	return nil, ErrNone
}

// transfer is how the clipboard comes to us: as a property of our window.
type transfer struct {
	*screen
	clipboard, property, incr xproto.Atom
}

// get asks for the clipboard in a form, and takes at most limit bytes of it.
func (t transfer) get(form xproto.Atom, limit int64) ([]byte, error) {
	xproto.ConvertSelection(t.conn, t.window, t.clipboard, form, t.property, xproto.TimeCurrentTime)
	answer, err := await(t.screen, func(e xproto.SelectionNotifyEvent) bool { return e.Requestor == t.window && e.Target == form })
	if err != nil {
		return nil, err
	}
	if answer.Property != t.property {
		return nil, ErrNone
	}
	data, kind, err := t.take(nil, limit)
	if err != nil || kind != t.incr {
		return data, err
	}
	return t.follow(limit)
}

// follow takes what comes in pieces: each replaces the one before, which we have deleted; an empty one is the end.
func (t transfer) follow(limit int64) (data []byte, err error) {
	for {
		_, err := await(t.screen, func(e xproto.PropertyNotifyEvent) bool {
			return e.Window == t.window && e.Atom == t.property && e.State == xproto.PropertyNewValue
		})
		if err != nil {
			return nil, err
		}
		before := len(data)
		if data, _, err = t.take(data, limit); err != nil {
			return nil, err
		}
		if len(data) == before {
			return data, nil
		}
	}
}

// take appends what is in the property to data, and deletes it.
func (t transfer) take(data []byte, limit int64) ([]byte, xproto.Atom, error) {
	for at := uint32(0); ; at += partWords {
		part, err := xproto.GetProperty(t.conn, true, t.window, t.property, xproto.GetPropertyTypeAny, at, partWords).Reply()
		if err != nil {
			return nil, 0, err
		}
		if int64(len(data))+int64(len(part.Value))+int64(part.BytesAfter) > limit {
			return nil, 0, ErrTooLarge
		}
		data = append(data, part.Value...)
		if part.BytesAfter == 0 {
			return data, part.Type, nil
		}
	}
}
