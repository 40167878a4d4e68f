//go:build !windows && !darwin

package clipboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// kinds are the pictures taken, the best first, as X11 names them.
var kinds = []string{"image/png", "image/jpeg", "image/webp", "image/gif"}

// property is where on our window a picture arrives.
const property = "HAGGLE_PICTURE"

// errGone says that the X server ended the connection.
var errGone = errors.New("the connection to the screen has ended")

func init() { xgb.Logger = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) } // what fails is told by errors

// screen is a connection to the X server, with a window of our own that nobody sees. Its methods are for one goroutine; end
// may be called from any.
type screen struct {
	conn   *xgb.Conn
	window xproto.Window
	chunk  int // bytes that fit into a request
}

// open connects to the screen that DISPLAY names.
func open() (*screen, error) {
	if os.Getenv("DISPLAY") == "" {
		return nil, fmt.Errorf("%w: there is no X11 display", ErrUnavailable)
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s := &screen{conn: conn}
	if err := s.makeWindow(); err != nil {
		s.end()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return s, nil
}

func (s *screen) makeWindow() error {
	setup := xproto.Setup(s.conn)
	if s.conn.DefaultScreen >= len(setup.Roots) {
		return errors.New("DISPLAY names a screen that is not there")
	}
	s.chunk = 4*int(setup.MaximumRequestLength) - 64 // without the request's own fields
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return err
	}
	s.window = id
	return xproto.CreateWindowChecked(s.conn, 0, id, setup.DefaultScreen(s.conn).Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check()
}

// end closes the connection: whoever waits on it is woken.
func (s *screen) end() { s.conn.Close() }

// during does what talks to the screen, and ends the connection when the context ends first.
func (s *screen) during(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, s.end)
	defer stop()
	err := do()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// atoms are the numbers of names on this screen.
func (s *screen) atoms(names ...string) ([]xproto.Atom, error) {
	list := make([]xproto.Atom, len(names))
	for i, name := range names {
		reply, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return nil, err
		}
		list[i] = reply.Atom
	}
	return list, nil
}

// await returns the first event that is wanted. Others, and errors of earlier requests, are none of our business.
func await[E xgb.Event](s *screen, wanted func(E) bool) (e E, err error) {
	for {
		event, failed := s.conn.WaitForEvent()
		if event == nil && failed == nil {
			return e, errGone
		}
		if e, ok := event.(E); ok && wanted(e) {
			return e, nil
		}
	}
}
