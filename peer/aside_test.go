package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"haggle/chat"
)

// TestAside: a talk on the port of the links proves both keys, binds both ends to it, and is heard by whom it is for only
// while somebody hears.
func TestAside(t *testing.T) {
	n := newRig(t)
	if _, _, err := AskAside(t.Context(), n.address(), n.self); err == nil {
		t.Fatal("a talk begins though nobody hears")
	}
	bindings := make(chan []byte, 1)
	n.Receive(func(_ context.Context, a *Aside) {
		b, err := a.Binding(n.self, a.Peer)
		if err != nil {
			t.Error(err)
		}
		bindings <- b
		_, _ = io.WriteString(a, "hello")
	})
	talk, self, err := AskAside(t.Context(), n.address(), n.self)
	if err != nil || talk.Peer != n.self {
		t.Fatalf("talk with %v, %v", talk, err)
	}
	ours, err := talk.Binding(talk.Peer, self)
	if theirs := <-bindings; err != nil || !bytes.Equal(ours, theirs) {
		t.Errorf("bindings %x and %x, %v", ours, theirs, err)
	}
	if said, err := io.ReadAll(talk); string(said) != "hello" || err != nil {
		t.Errorf("heard %q, %v", said, err)
	}
	_ = talk.Close()
	second, _, err := AskAside(t.Context(), n.address(), chat.PeerID{})
	if err != nil {
		t.Fatal(err)
	}
	<-bindings
	_ = second.Close()
	if _, _, err := AskAside(t.Context(), n.address(), chat.PeerID{1}); !errors.Is(err, chat.ErrWrongIdentity) {
		t.Errorf("somebody else answers: %v", err)
	}
	newRig(t).dial(n) // links go on meanwhile
	n.Receive(nil)
	if _, _, err := AskAside(t.Context(), n.address(), n.self); err == nil {
		t.Error("a talk begins though nobody hears any more")
	}
}
