package window

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Again finds the program's window anew: a kiosk's comes and goes. False while there is none.
func (p *Program) Again() bool {
	out, err := p.screen.tool("", "xdotool", "search", "--onlyvisible", "--name", "Haggle")
	ids := strings.Fields(string(out))
	if err != nil || len(ids) == 0 {
		return false
	}
	p.id = ids[len(ids)-1]
	return true
}

// Windows is how many windows are seen on the screen, of whatever program.
func (p *Program) Windows() int {
	out, _ := p.screen.tool("", "xdotool", "search", "--onlyvisible", "--name", ".") // an error says that there is none
	return len(strings.Fields(string(out)))
}

// Acts does many things at once, as lines of xdotool.
func (p *Program) Acts(lines []string) error {
	_, err := p.screen.tool(strings.Join(lines, "\n")+"\n", "xdotool", "-")
	return err
}

// Monkey taps, drags, turns the wheel and presses keys, alone and with Ctrl, Alt and Super, as often as acts and as n chooses, as
// fast as the server takes it: xdotool would need a minute for a thousand.
func (p *Program) Monkey(n func(below int) int, acts int) error {
	conn, err := xgb.NewConnDisplay(p.screen.name)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := xtest.Init(conn); err != nil {
		return err
	}
	if err := p.Focus(); err != nil {
		return err
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	fake := func(kind, detail byte, x, y int) {
		xtest.FakeInput(conn, kind, detail, 0, root, int16(x), int16(y), 0)
	}
	place := func() (int, int) { return n(p.screen.Width), n(p.screen.Height) }
	click := func(button byte, dragged bool) {
		x, y := place()
		fake(xproto.MotionNotify, 0, x, y)
		fake(xproto.ButtonPress, button, 0, 0)
		if dragged {
			x, y = place()
			fake(xproto.MotionNotify, 0, x, y)
		}
		fake(xproto.ButtonRelease, button, 0, 0)
	}
	// As all Linux keyboards have them: Ctrl, Alt, Super; and 9 is Escape, 127 is Pause.
	holds := []byte{37, 64, 133}
	for range acts {
		switch n(10) {
		case 0, 1:
			fakes := []byte{byte(9 + n(119))}
			if n(2) == 0 {
				fakes = append([]byte{holds[n(len(holds))]}, fakes...)
			}
			for _, key := range fakes {
				fake(xproto.KeyPress, key, 0, 0)
			}
			for _, key := range slices.Backward(fakes) {
				fake(xproto.KeyRelease, key, 0, 0)
			}
		case 2:
			click(3, false)
		case 3:
			click(1, true)
		case 4:
			click(byte(4+n(2)), false)
		default:
			click(1, false)
		}
		if _, err := xproto.GetInputFocus(conn).Reply(); err != nil { // until the server has done it
			return err
		}
	}
	return nil
}

// AskToClose asks the window to close, as Alt+F4 does.
func (p *Program) AskToClose() error {
	conn, err := xgb.NewConnDisplay(p.screen.name)
	if err != nil {
		return err
	}
	defer conn.Close()
	atom := func(name string) xproto.Atom {
		reply, failed := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if failed != nil {
			err = failed
			return 0
		}
		return reply.Atom
	}
	protocols, closes := atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW")
	id, failed := strconv.ParseUint(p.id, 10, 32)
	if err != nil || failed != nil {
		return fmt.Errorf("ask to close: %w, %w", err, failed)
	}
	ask := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(id), Type: protocols,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(closes), 0, 0, 0, 0}),
	}
	return xproto.SendEventChecked(conn, false, xproto.Window(id), 0, string(ask.Bytes())).Check()
}

// PointerSeen reports whether the pointer has a shape that is seen.
func (p *Program) PointerSeen() (bool, error) {
	conn, err := xgb.NewConnDisplay(p.screen.name)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := xfixes.Init(conn); err != nil {
		return false, err
	}
	if _, err := xfixes.QueryVersion(conn, 4, 0).Reply(); err != nil {
		return false, err
	}
	shape, err := xfixes.GetCursorImage(conn).Reply()
	if err != nil {
		return false, err
	}
	for _, pixel := range shape.CursorImage {
		if pixel>>24 != 0 {
			return true, nil
		}
	}
	return false, nil
}

// Child is the process that the program has started, 0 if there is none.
func (p *Program) Child() int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(p.cmd.Process.Pid) && fields[0] != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}
