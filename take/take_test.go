package take

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
)

var kiosk = chat.PeerID{0x4f, 0x2a, 7}

func newCode(t testing.TB) Code {
	t.Helper()
	c, err := New(kiosk)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCode(t *testing.T) {
	c := newCode(t)
	text := c.String()
	if len(text) != 23 || strings.Count(text, "-") != 3 || !c.Fits(kiosk) || c.Fits(chat.PeerID{1}) {
		t.Errorf("code %q", text)
	}
	for _, form := range []string{
		text, strings.ToLower(text), " " + strings.ReplaceAll(text, "-", " ") + "\n", strings.ReplaceAll(text, "-", ""),
		strings.NewReplacer("O", "0", "I", "1", "B", "8").Replace(text),
	} {
		if o, err := Parse(form); err != nil || o.Code != c || !o.Kiosk.Peer.IsZero() {
			t.Errorf("%q: %+v, %v", form, o, err)
		}
	}
	plain := strings.ReplaceAll(text, "-", "")
	for i := range plain {
		wrong := []byte(plain)
		if wrong[i]++; wrong[i] > 'Z' || wrong[i] == '8' {
			wrong[i] = 'A'
		}
		if wrong[i] == plain[i] {
			continue
		}
		if _, err := Parse(string(wrong)); !errors.Is(err, ErrBadCode) {
			t.Errorf("character %d of %q mistyped as %q: %v", i, plain, wrong, err)
		}
	}
	for _, bad := range []string{"", "x", plain + "A", plain[1:], strings.Repeat("é", 10), strings.Repeat("A", 4000)} {
		if _, err := Parse(bad); !errors.Is(err, ErrBadCode) {
			t.Errorf("%.30q: %v", bad, err)
		}
	}
}

func TestURI(t *testing.T) {
	o := Offer{newCode(t), chat.Invite{Peer: kiosk, Addresses: []string{"10.0.0.5:42445", "[fe80::1%eth0]:42445"}}}
	got, err := Parse(o.URI())
	if err != nil || got.URI() != o.URI() || got.Code != o.Code || got.Kiosk.Peer != kiosk {
		t.Errorf("%q: %+v, %v", o.URI(), got, err)
	}
	other := Offer{o.Code, chat.Invite{Peer: chat.PeerID{9}, Addresses: o.Kiosk.Addresses}}
	for _, bad := range []string{other.URI(), "haggle-take:", "haggle-take:" + o.Code.String(), o.URI()[:60]} {
		if _, err := Parse(bad); !errors.Is(err, ErrBadCode) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	o := Offer{newCode(f), chat.Invite{Peer: kiosk, Addresses: []string{"10.0.0.5:42445"}}}
	f.Add(o.Code.String())
	f.Add(o.URI())
	f.Add("haggle-take:/haggle:@")
	f.Fuzz(func(t *testing.T, s string) {
		o, err := Parse(s)
		if err != nil {
			return
		}
		form := o.Code.String()
		if !o.Kiosk.Peer.IsZero() {
			form = o.URI()
		}
		if again, err := Parse(form); err != nil || again.Code != o.Code || again.Kiosk.String() != o.Kiosk.String() {
			t.Errorf("%q became %q: %v", s, form, err)
		}
	})
}

// meeting is what both sides made of a talk.
type meeting struct {
	gave, took error
	kept       []byte
	forgot     bool
}

// meet has one side give content and the other take it, each with its own idea of code and channel. between may spoil what
// the giver writes.
func meet(t *testing.T, content []byte, give, take Code, giveOn, takeOn string, between func(io.ReadWriter) io.ReadWriter) meeting {
	t.Helper()
	var m meeting
	near, far := net.Pipe()
	_, _ = near.SetDeadline(time.Now().Add(time.Minute)), far.SetDeadline(time.Now().Add(time.Minute))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var channel io.ReadWriter = near
		if between != nil {
			channel = between(near)
		}
		m.gave = Give(channel, []byte(giveOn), give, func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		}, func() { m.forgot = true })
		_ = near.Close()
	}()
	m.took = Take(far, []byte(takeOn), take, func(r io.Reader) (err error) {
		m.kept, err = io.ReadAll(r)
		return err
	})
	_ = far.Close()
	<-done
	return m
}

func TestTake(t *testing.T) {
	c, other := newCode(t), newCode(t)
	for _, size := range []int{0, 1, frameBytes, 3*frameBytes + 5} {
		content := bytes.Repeat([]byte("x"), size)
		m := meet(t, content, c, c, "channel", "channel", nil)
		if m.gave != nil || m.took != nil || !m.forgot || !bytes.Equal(m.kept, content) {
			t.Errorf("%d bytes: gave %v, took %v, %d came, forgot %v", size, m.gave, m.took, len(m.kept), m.forgot)
		}
	}
	for what, m := range map[string]meeting{
		"another code":    meet(t, []byte("secret"), c, other, "channel", "channel", nil),
		"another channel": meet(t, []byte("secret"), c, c, "to the kiosk", "to somebody between", nil),
	} {
		if !errors.Is(m.gave, ErrWrongCode) || !errors.Is(m.took, ErrWrongCode) || m.forgot || m.kept != nil {
			t.Errorf("%s: gave %v, took %v, forgot %v, kept %q", what, m.gave, m.took, m.forgot, m.kept)
		}
	}
}

// TestWhoAnswersProvesTheCode: somebody who does not know it gets nobody to keep what they say.
func TestWhoAnswersProvesTheCode(t *testing.T) {
	near, far := net.Pipe()
	go func() {
		proof := make([]byte, 32)
		_, _ = io.ReadFull(near, proof)
		_, _ = near.Write(proof) // its own proof back
	}()
	err := Take(far, []byte("channel"), newCode(t), func(io.Reader) error { t.Error("content is read"); return nil })
	if !errors.Is(err, ErrWrongCode) {
		t.Errorf("took: %v", err)
	}
}

// spoiler changes or ends what is written after some bytes.
type spoiler struct {
	io.ReadWriter
	left int
	cut  bool
}

func (s *spoiler) Write(p []byte) (int, error) {
	if s.left < len(p) {
		p = bytes.Clone(p)
		if s.cut {
			_, _ = s.ReadWriter.Write(p[:s.left])
			return 0, io.ErrClosedPipe
		}
		p[s.left] ^= 1
		n, err := s.ReadWriter.Write(p)
		s.left = 1 << 30
		return n, err
	}
	s.left -= len(p)
	return s.ReadWriter.Write(p)
}

// TestSpoiltContent: a guest is forgotten only for what came complete, wherever it breaks.
func TestSpoiltContent(t *testing.T) {
	c := newCode(t)
	content := bytes.Repeat([]byte("x"), 100)
	const total = 32 + 4 + 116 // proof and frame; the confirmation follows
	for at := range total {
		for _, cut := range []bool{true, false} {
			var m meeting
			synctest.Test(t, func(t *testing.T) { // a length that is changed has both sides wait
				m = meet(t, content, c, c, "channel", "channel", func(rw io.ReadWriter) io.ReadWriter { return &spoiler{rw, at, cut} })
			})
			if m.forgot || m.took == nil || m.gave == nil {
				t.Fatalf("byte %d, cut %v: gave %v, took %v, forgot %v", at, cut, m.gave, m.took, m.forgot)
			}
		}
	}
	m := meet(t, content, c, c, "channel", "channel", func(rw io.ReadWriter) io.ReadWriter { return &spoiler{rw, total, true} })
	if !m.forgot || !errors.Is(m.took, ErrUnconfirmed) || !bytes.Equal(m.kept, content) {
		t.Errorf("the confirmation is cut: took %v, forgot %v", m.took, m.forgot)
	}
}
