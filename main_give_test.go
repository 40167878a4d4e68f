package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"haggle/chat"
)

// asKiosk makes the test's own executable a kiosk with a guest who wants to go home, for tests on networks: it says the code,
// and once the guest is gone that, and ends with its input.
const asKiosk = "HAGGLE_TEST_KIOSK"

func beKiosk(dir string, in io.Reader, out, messages io.Writer) int {
	log := slog.New(slog.NewTextHandler(messages, nil))
	err := func() error {
		h, err := start(options{data: dir}, func(chat.Event) {}, log)
		if err != nil {
			return err
		}
		defer h.stop()
		g, err := h.newGuest(func(chat.Event) {})
		if err != nil {
			return err
		}
		defer g.end()
		ctx := context.Background()
		room, err := chat.Await(ctx, func(then func(chat.RoomView, error)) {
			g.node.OpenRoom(g.identity.ID, h.self, chat.ListingID{}, func(r chat.RoomView, _ bool, err error) { then(r, err) })
		})
		if err != nil {
			return err
		}
		if _, err := chat.Await(ctx, func(then func(chat.Message, error)) {
			g.node.Post(room.ID, chat.Draft{Text: "what does it cost?"}, then)
		}); err != nil {
			return err
		}
		home, err := g.offerHome(func() { _, _ = fmt.Fprintln(out, "moved") })
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n%s\n", home.code, home.uri); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, in)
		return err
	}()
	if err != nil {
		log.Error("No kiosk", "err", err)
		return statusFailed
	}
	return statusDone
}
