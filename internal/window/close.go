package window

import (
	"fmt"
	"log/slog"
	"strconv"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Close asks the window to close, as the button of its frame does.
func (p *Program) Close() error {
	target, err := strconv.ParseUint(p.id, 10, 32)
	if err != nil {
		return err
	}
	xgb.Logger = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) // what fails is told by errors
	conn, err := xgb.NewConnDisplay(p.screen.name)
	if err != nil {
		return err
	}
	defer conn.Close()
	var atoms [2]xproto.Atom
	for i, name := range []string{"WM_PROTOCOLS", "WM_DELETE_WINDOW"} {
		reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("close the window: %w", err)
		}
		atoms[i] = reply.Atom
	}
	e := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(target), Type: atoms[0],
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(atoms[1]), xproto.TimeCurrentTime, 0, 0, 0}),
	}
	return xproto.SendEventChecked(conn, false, xproto.Window(target), 0, string(e.Bytes())).Check()
}
