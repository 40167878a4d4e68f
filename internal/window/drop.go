package window

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Drop drops files on a point of the window, as a file manager does.
func (p *Program) Drop(x, y int, paths ...string) error {
	target, err := strconv.ParseUint(p.id, 10, 32)
	if err != nil {
		return err
	}
	xgb.Logger = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) // what fails is told by errors
	conn, err := xgb.NewConnDisplay(p.screen.name)
	if err != nil {
		return err
	}
	late := time.AfterFunc(patience, conn.Close)
	defer func() { late.Stop(); conn.Close() }()
	d := &dropping{conn: conn, target: xproto.Window(target), at: uint32(x)<<16 | uint32(y), atoms: map[string]xproto.Atom{}}
	for _, path := range paths {
		d.list += (&url.URL{Scheme: "file", Path: path}).String() + "\r\n"
	}
	if err := d.drop(); err != nil {
		return fmt.Errorf("drop %d files: %w", len(paths), err)
	}
	return nil
}

// dropping is one drop by the protocol XDND, as its source: we own the files, say that they come, where and that they are
// let go, and hand their names over when asked.
type dropping struct {
	conn           *xgb.Conn
	window, target xproto.Window
	at             uint32
	list           string
	atoms          map[string]xproto.Atom
}

func (d *dropping) drop() error {
	for _, name := range []string{"XdndSelection", "XdndEnter", "XdndPosition", "XdndDrop", "XdndStatus", "XdndFinished", "XdndActionCopy", "text/uri-list"} {
		reply, err := xproto.InternAtom(d.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return err
		}
		d.atoms[name] = reply.Atom
	}
	var err error
	if d.window, err = xproto.NewWindowId(d.conn); err != nil {
		return err
	}
	root := xproto.Setup(d.conn).DefaultScreen(d.conn).Root
	if err := xproto.CreateWindowChecked(d.conn, 0, d.window, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check(); err != nil {
		return err
	}
	xproto.SetSelectionOwner(d.conn, d.window, d.atoms["XdndSelection"], xproto.TimeCurrentTime)
	const version = 5 << 24
	d.tell("XdndEnter", version, uint32(d.atoms["text/uri-list"]), 0, 0)
	d.tell("XdndPosition", 0, d.at, xproto.TimeCurrentTime, uint32(d.atoms["XdndActionCopy"]))
	for {
		event, failed := d.conn.WaitForEvent()
		switch e := event.(type) {
		case xproto.SelectionRequestEvent:
			d.give(e)
		case xproto.ClientMessageEvent:
			switch {
			case e.Type == d.atoms["XdndStatus"] && e.Data.Data32[1]&1 == 0:
				return errors.New("the window takes none")
			case e.Type == d.atoms["XdndStatus"]:
				d.tell("XdndDrop", 0, xproto.TimeCurrentTime, 0, 0)
			case e.Type == d.atoms["XdndFinished"]:
				return nil
			}
		case nil:
			if failed == nil {
				return errors.New("the window does not answer")
			}
			return failed
		}
	}
}

// tell sends the window a message about the drop.
func (d *dropping) tell(what string, data ...uint32) {
	words := append([]uint32{uint32(d.window)}, data...)
	e := xproto.ClientMessageEvent{Format: 32, Window: d.target, Type: d.atoms[what], Data: xproto.ClientMessageDataUnionData32New(words)}
	xproto.SendEvent(d.conn, false, d.target, 0, string(e.Bytes()))
}

// give hands the names of the files over.
func (d *dropping) give(e xproto.SelectionRequestEvent) {
	data := []byte(strings.TrimSpace(d.list))
	xproto.ChangeProperty(d.conn, xproto.PropModeReplace, e.Requestor, e.Property, e.Target, 8, uint32(len(data)), data)
	told := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
	xproto.SendEvent(d.conn, false, e.Requestor, 0, string(told.Bytes()))
}
