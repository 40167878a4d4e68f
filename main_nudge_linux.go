//go:build !headless

package main

import (
	"log/slog"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// nudger returns what moves the pointer by a point and back, which has the toolkit look at its shape once more; nil without an
// X server.
func nudger(log *slog.Logger) func() {
	if os.Getenv("DISPLAY") == "" {
		return nil
	}
	return func() {
		x, err := xgb.NewConn()
		if err != nil {
			log.Debug("Pointer not nudged", "err", err)
			return
		}
		defer x.Close()
		for _, by := range []int16{1, -1} {
			xproto.WarpPointer(x, xproto.WindowNone, xproto.WindowNone, 0, 0, 0, 0, by, 0)
			if _, err := xproto.GetInputFocus(x).Reply(); err != nil { // until the server has done it
				log.Debug("Pointer not nudged", "err", err)
				return
			}
		}
	}
}
