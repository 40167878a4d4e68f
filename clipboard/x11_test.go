//go:build linux

package clipboard

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// display starts an X server that nobody sees and names it in DISPLAY.
func display(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	for _, tool := range []string{"Xvfb", "xclip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: needs %s", tool)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", "64x64x24")
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = read.Close()
	})
	_ = write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
}

// copied puts something into the clipboard as another program does.
func copied(t *testing.T, kind string, data []byte) {
	t.Helper()
	cmd := exec.Command("xclip", "-selection", "clipboard", "-t", kind) // goes on behind us, and ends with the screen
	cmd.Stdin = bytes.NewReader(data)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; { // it may not own the clipboard yet
		got, err := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", kind).Output()
		if err == nil && bytes.Equal(got, data) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("xclip offers %d of %d bytes of %s: %v", len(got), len(data), kind, err)
		}
	}
}

func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func TestD16Read(t *testing.T) {
	display(t)
	var b Board
	defer b.Close()
	if _, err := b.Read(t.Context(), 1000); !errors.Is(err, ErrNone) {
		t.Errorf("an empty clipboard gives %v", err)
	}
	for _, c := range []struct {
		kind  string
		size  int
		limit int64
		want  error
	}{
		{"image/png", 1000, 1000, nil},
		{"image/png", 1000, 999, ErrTooLarge},
		{"image/jpeg", 300 << 10, 1 << 20, nil}, // more than one answer has room for
		{"image/webp", 5 << 20, 8 << 20, nil},   // comes in pieces
		{"image/gif", 5 << 20, 4 << 20, ErrTooLarge},
		{"image/tiff", 1000, 1 << 20, ErrNone},
		{"UTF8_STRING", 1000, 1 << 20, ErrNone},
	} {
		data := noise(c.size)
		copied(t, c.kind, data)
		got, err := b.Read(t.Context(), c.limit)
		if !errors.Is(err, c.want) {
			t.Errorf("%d bytes of %s, at most %d: %v, want %v", c.size, c.kind, c.limit, err, c.want)
		}
		if c.want == nil && !bytes.Equal(got, data) {
			t.Errorf("%d bytes of %s arrive as %d others", c.size, c.kind, len(got))
		}
	}
}

func TestD16NoScreen(t *testing.T) {
	var b Board
	for _, display := range []string{"", "nonsense", ":98765"} {
		t.Setenv("DISPLAY", display)
		if _, err := b.Read(t.Context(), 1000); !errors.Is(err, ErrUnavailable) {
			t.Errorf("reading on display %q: %v", display, err)
		}
		if err := b.Write(t.Context(), noise(10)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("writing on display %q: %v", display, err)
		}
	}
	b.Close()
}

// hostile owns the clipboard and answers requests for pictures as it likes.
func hostile(t *testing.T, answer func(s *screen, e xproto.SelectionRequestEvent)) {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	o := &offer{screen: s}
	if err := o.own(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			event, failed := s.conn.WaitForEvent()
			if event == nil && failed == nil {
				return
			}
			if e, ok := event.(xproto.SelectionRequestEvent); ok && e.Target == o.targets {
				o.answer(e)
			} else if ok {
				answer(s, e)
			}
		}
	}()
	t.Cleanup(func() { s.end(); <-ended })
}

// TestD16HP64HostileOwners: a program that owns the clipboard can neither keep Read for ever nor make it take more than its limit.
func TestD16HP64HostileOwners(t *testing.T) {
	display(t)
	var b Board
	tell := func(s *screen, e xproto.SelectionRequestEvent) {
		told := xproto.SelectionNotifyEvent{Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
		xproto.SendEvent(s.conn, false, e.Requestor, 0, string(told.Bytes()))
	}
	put := func(s *screen, e xproto.SelectionRequestEvent, kind string, data []byte) {
		names, err := s.atoms(kind)
		if err == nil {
			xproto.ChangeProperty(s.conn, xproto.PropModeReplace, e.Requestor, e.Property, names[0], 8, uint32(len(data)), data)
		}
	}
	for _, c := range []struct {
		name   string
		answer func(*screen, xproto.SelectionRequestEvent)
		want   error
	}{
		{"never answers", func(*screen, xproto.SelectionRequestEvent) {}, context.DeadlineExceeded},
		{"says yes and gives nothing", tell, ErrNone},
		{"promises pieces that never come", func(s *screen, e xproto.SelectionRequestEvent) {
			put(s, e, "INCR", make([]byte, 4))
			tell(s, e)
		}, context.DeadlineExceeded},
		{"sends pieces without end", func(s *screen, e xproto.SelectionRequestEvent) {
			put(s, e, "INCR", make([]byte, 4))
			xproto.ChangeWindowAttributes(s.conn, e.Requestor, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange})
			tell(s, e)
			for {
				event, failed := s.conn.WaitForEvent()
				if event == nil && failed == nil {
					return
				}
				if p, ok := event.(xproto.PropertyNotifyEvent); ok && p.State == xproto.PropertyDelete {
					put(s, e, "image/png", make([]byte, 100<<10))
				} else if failed != nil { // the window is gone
					return
				}
			}
		}, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			hostile(t, c.answer)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			data, err := b.Read(ctx, 1<<20)
			if !errors.Is(err, c.want) || len(data) != 0 {
				t.Errorf("%d bytes, %v; want %v", len(data), err, c.want)
			}
		})
	}
}

func TestD18Write(t *testing.T) {
	display(t)
	var b Board
	defer b.Close()
	for _, size := range []int{1000, 3 << 20} {
		data := noise(size)
		if err := b.Write(t.Context(), data); err != nil {
			t.Fatal(err)
		}
		for what, want := range map[string][]byte{"image/png": data, "TARGETS": []byte("TARGETS\nimage/png\n")} {
			got, err := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", what).Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("another program takes %d bytes of %s, want %d: %v", len(got), what, len(want), err)
			}
		}
		if _, err := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", "UTF8_STRING").Output(); err == nil {
			t.Error("a picture is offered as text")
		}
		if got, err := b.Read(t.Context(), 4<<20); err != nil || !slices.Equal(got, data) {
			t.Errorf("%d of %d bytes come back: %v", len(got), size, err)
		}
	}
	held := b.held
	copied(t, "UTF8_STRING", []byte("words"))
	select {
	case <-held.ended:
	case <-time.After(patience):
		t.Fatal("the picture is kept after another program copied something")
	}
	if held.png != nil {
		t.Error("its memory is kept")
	}
	if got, err := exec.Command("xclip", "-selection", "clipboard", "-o").Output(); err != nil || string(got) != "words" {
		t.Errorf("the clipboard holds %q: %v", got, err)
	}
	if err := b.Write(t.Context(), noise(10)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if _, err := b.Read(t.Context(), 100); !errors.Is(err, ErrNone) {
		t.Errorf("after Close: %v", err)
	}
}

// TestConnectionsEnd: an X server has room for 256 programs.
func TestConnectionsEnd(t *testing.T) {
	display(t)
	var b Board
	for range 300 {
		if _, err := b.Read(t.Context(), 10); !errors.Is(err, ErrNone) {
			t.Fatal(err)
		}
	}
}
