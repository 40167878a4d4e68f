package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lanrig"
	links "haggle/peer"
	"haggle/peer/discovery"
)

// viewerVariable makes TestMain a viewer of the peer that it names, instead of running the tests.
const viewerVariable = "HAGGLE_E2E_VIEWER"

// sight is a line that a viewer writes.
type sight struct {
	At     time.Time
	Online bool
}

// view runs a node that watches one peer, as a window does that shows their room, and writes when it comes and goes.
func view(peerID string) error {
	other, err := chat.ParsePeerID(peerID)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "haggle-viewer-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	identity, err := links.LoadIdentity(dir)
	if err != nil {
		return err
	}
	network, err := links.New(links.Config{
		Identity:  identity,
		Discovery: discovery.New(discovery.Config{Self: discovery.Announcement{Peer: identity.ID, Device: identity.Device}}),
	})
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	node, err := chat.New(chat.Config{
		Self: identity.Identity, Store: storetest.NewMem(identity.ID), Link: network, Name: "Viewer",
		Notify: func(e chat.Event) {
			switch e := e.(type) {
			case chat.PeerOnline:
				if e.Peer == other {
					_ = out.Encode(sight{time.Now(), true}) // nobody reads: the test is over
				}
			case chat.PeerOffline:
				if e.Peer == other {
					_ = out.Encode(sight{time.Now(), false})
				}
			}
		},
	})
	if err != nil {
		return err
	}
	node.Watch(other, true)
	ctx := context.Background() // until killed
	go func() { _ = network.Run(ctx) }()
	return node.Run(ctx)
}

// viewer is a process that runs view.
type viewer struct{ sights chan sight }

func startViewer(t *testing.T, lan *lanrig.LAN, host int, peerID string) *viewer {
	t.Helper()
	cmd := lan.Command(host, os.Args[0])
	cmd.Env = append(cmd.Env, viewerVariable+"="+peerID)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v := &viewer{sights: make(chan sight, 1024)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var s sight
			if json.Unmarshal(lines.Bytes(), &s) == nil {
				v.sights <- s
			}
		}
	}()
	t.Cleanup(func() { end(t, cmd, ended, &complaint) })
	return v
}

// end kills a helper process.
func end(t *testing.T, cmd *exec.Cmd, ended <-chan struct{}, complaint *strings.Builder) {
	_ = cmd.Process.Kill()
	<-ended
	_ = cmd.Wait()
	if t.Failed() {
		t.Log(complaint.String())
	}
}

// await waits until the viewer sees its peer come or go.
func (v *viewer) await(t *testing.T, online bool) time.Time {
	t.Helper()
	for limit := time.After(time.Minute); ; {
		select {
		case s := <-v.sights:
			if s.Online == online {
				return s.At
			}
		case <-limit:
			t.Fatalf("not seen, online %v", online)
		}
	}
}
