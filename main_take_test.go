package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haggle/chat"
	"haggle/take"
)

// atHome is where a test takes a guest home to.
func atHome(t *testing.T) string { return filepath.Join(t.TempDir(), "home") }

// takeTo takes a guest home. Who comes too often is not let in: it waits a little before.
func takeTo(t *testing.T, input, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	<-time.After(250 * time.Millisecond)
	return takeHomeTo(ctx, input, dir, nil, slog.New(slog.DiscardHandler))
}

// goingHome is a guest with a code.
func (v *visitor) goingHome() (takeHome, <-chan struct{}) {
	v.t.Helper()
	moved := make(chan struct{})
	home, err := v.offerHome(func() { close(moved) })
	if err != nil {
		v.t.Fatal(err)
	}
	return home, moved
}

// TestTakeItHomeG8: a guest's identity and room go on at their own machine, as a new device, and the kiosk forgets them.
func TestTakeItHomeG8(t *testing.T) {
	sellerDir := t.TempDir()
	seller, kiosk := stationAt(t, sellerDir), stationAt(t, t.TempDir())
	bike := seller.publish("bicycle")
	kiosk.meet(seller, 1)
	anna := kiosk.welcome()
	room := anna.ask(seller.self, bike.ID, "is it there?").ID.Room
	waitFor(t, seller.events, func(chat.MessageReceived) bool { return true })
	await(t, func(then func(chat.Message, error)) { seller.node.Post(room, chat.Draft{Text: "yes"}, then) })
	waitFor(t, anna.events, func(chat.MessageReceived) bool { return true })
	seller.stop()
	anna.ask(seller.self, bike.ID, "tomorrow then")
	if err := anna.node.SetDraft(room, "unsent"); err != nil {
		t.Fatal(err)
	}
	id, device := anna.identity.ID, anna.identity.Device

	home, moved := anna.goingHome()
	if !strings.Contains(home.uri, kiosk.network.Addresses()[0]) || len(home.code) != 23 {
		t.Errorf("the code is %+v", home)
	}
	dir := atHome(t)
	if got, err := takeTo(t, home.uri, dir); err != nil || got != dir {
		t.Fatalf("taken to %q: %v", got, err)
	}
	<-moved
	if left := anna.end(); left.waiting != 1 {
		t.Errorf("the kiosk carries %+v", left)
	}
	if _, err := anna.store.Room(room); !errors.Is(err, chat.ErrClosed) {
		t.Errorf("the kiosk still has the guest: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := takeHomeTo(soon, home.uri, atHome(t), nil, slog.New(slog.DiscardHandler)); !errors.Is(err, errNoKiosk) {
		t.Errorf("the code is good twice: %v", err)
	}

	own := stationAt(t, dir)
	if own.self != id {
		t.Fatalf("at home is %v, want %v", own.self, id)
	}
	if own.node.Self().Device == device {
		t.Error("at home is the same device")
	}
	messages, err := own.node.Messages(room, chat.MessageID{}, true, 10)
	if err != nil || len(messages) != 3 || messages[0].State != chat.Delivered || messages[1].Text != "yes" || messages[2].State != chat.Waiting {
		t.Errorf("at home: %+v, %v", messages, err)
	}
	if v, err := own.node.Room(room); err != nil || v.Draft != "unsent" || v.Listing == nil {
		t.Errorf("the room at home: %+v, %v", v, err)
	}
	seller = stationAt(t, sellerDir)
	if _, err := own.node.AddPeer(t.Context(), seller.network.Addresses()[0], seller.self); err != nil {
		t.Fatal(err)
	}
	waitFor(t, own.events, func(e chat.MessageStateChanged) bool { return e.State == chat.Delivered && e.ID == messages[2].ID })
	await(t, func(then func(chat.Message, error)) { own.node.Post(room, chat.Draft{Text: "from home"}, then) })
	waitFor(t, seller.events, func(e chat.MessageReceived) bool { return e.Message.Text == "from home" })
	if got, err := seller.node.Messages(room, chat.MessageID{}, true, 10); err != nil || len(got) != 4 {
		t.Errorf("the seller has %d messages, %v", len(got), err)
	}
}

// TestCodeEnds after ten minutes, and after a few wrong tries; until then what breaks off can be tried again.
func TestCodeEnds(t *testing.T) {
	kiosk := stationAt(t, t.TempDir())
	var later time.Duration
	kiosk.now = func() time.Time { return time.Now().Add(later) }
	anna := kiosk.welcome()
	defer anna.end()
	anna.ask(kiosk.self, chat.ListingID{}, "hello")

	home, _ := anna.goingHome()
	broken := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := takeTo(t, home.uri, filepath.Join(broken, "below")); err == nil {
		t.Error("taken to where no folder can be")
	}
	later = 9*time.Minute + 50*time.Second
	if !anna.giving.good() {
		t.Error("the code is over before its time")
	}
	later = giveFor + time.Second
	if _, err := takeTo(t, home.uri, atHome(t)); !errors.Is(err, take.ErrWrongCode) {
		t.Errorf("after ten minutes: %v", err)
	}
	later = 0

	home, moved := anna.goingHome()
	offer, err := take.Parse(home.uri)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := take.New(kiosk.self)
	if err != nil {
		t.Fatal(err)
	}
	guess := take.Offer{Code: wrong, Kiosk: offer.Kiosk}.URI()
	for range giveTries - 1 {
		if _, err := takeTo(t, guess, atHome(t)); !errors.Is(err, take.ErrWrongCode) {
			t.Errorf("a guess: %v", err)
		}
	}
	if _, err := takeTo(t, home.uri, atHome(t)); err != nil {
		t.Errorf("after a few wrong tries: %v", err)
	}
	<-moved

	bo := kiosk.welcome()
	defer bo.end()
	home, _ = bo.goingHome()
	for range giveTries {
		if _, err := takeTo(t, guess, atHome(t)); !errors.Is(err, take.ErrWrongCode) {
			t.Errorf("a guess: %v", err)
		}
	}
	if _, err := takeTo(t, home.uri, atHome(t)); !errors.Is(err, take.ErrWrongCode) {
		t.Errorf("after too many wrong tries: %v", err)
	}
}

// TestTakeCommand: the program does it, with the code in groups, and refuses what it cannot do.
func TestTakeCommand(t *testing.T) {
	kiosk := stationAt(t, t.TempDir())
	anna := kiosk.welcome()
	defer anna.end()
	anna.ask(kiosk.self, chat.ListingID{}, "hello")
	home, _ := anna.goingHome()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := atHome(t)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"take"}, statusUsage, "CODE"},
		{[]string{"take", "--help"}, statusDone, "CODE"},
		{[]string{"take", "ABCDE-FGHIJ-KLMNO-PQRST"}, statusFailed, "not a code"},
		{[]string{"take", home.uri, "--data", full}, statusFailed, "--data"},
		{[]string{"take", home.uri, "--data", dir}, statusDone, dir},
	} {
		var said bytes.Buffer
		if status := run(c.args, strings.NewReader(""), &said, &said); status != c.status || !strings.Contains(said.String(), c.says) {
			t.Errorf("haggle %v: status %d, says %q", c.args, status, said.String())
		}
	}
	if _, err := os.Stat(dir + comingSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was on its way is left: %v", err)
	}
}

// TestTakeKilled: whenever the machine at home is killed, the guest is complete there, or still at the kiosk, with a code that
// is good.
func TestTakeKilled(t *testing.T) {
	kiosk := stationAt(t, t.TempDir())
	for i := range 8 {
		anna := kiosk.welcome()
		id := anna.identity.ID
		room := anna.ask(kiosk.self, chat.ListingID{}, "hello").ID.Room
		home, _ := anna.goingHome()
		dir := atHome(t)
		p := launch(t, "take", home.uri, "--data", dir)
		select {
		case <-time.After(time.Duration(20+25*i) * time.Millisecond):
		case <-t.Context().Done():
		}
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		if _, err := os.Stat(dir); err != nil {
			if _, err := anna.store.Room(room); err != nil {
				t.Fatalf("killed at step %d: the guest is nowhere: %v", i, err)
			}
			if _, err := takeTo(t, home.uri, dir); err != nil {
				t.Fatalf("killed at step %d: tried again: %v", i, err)
			}
		}
		own := stationAt(t, dir)
		if _, err := own.node.Room(room); err != nil || own.self != id {
			t.Errorf("killed at step %d: at home: %v", i, err)
		}
		own.stop()
		anna.end()
	}
}
