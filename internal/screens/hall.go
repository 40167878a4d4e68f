package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"haggle/internal/window"
)

// kiosk goes through the screens of a kiosk, whose screen is neither narrow nor at twice the scale.
func (c *camera) kiosk(p window.Profiles) error {
	if c.scale != 1 || c.narrow() {
		return nil
	}
	return c.hall(p)
}

// hall goes through the screens of a kiosk of one form: the buyer's profile is the kiosk's, and the seller answers.
func (c *camera) hall(p window.Profiles) (err error) {
	seller, err := window.Serve(c.program, p.Seller, "--no-discovery", "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seller.End()) }()
	hash, err := c.hash("2468")
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("%sname = '%s'\nlanguage = '%s'\nlook = '%s'\nslide_seconds = 600\n",
		hash, c.pick("Hall 3", "三号展厅"), c.language, map[int]string{window.Light: "light", window.Dark: "dark"}[c.look])
	start := func(data, more string) error {
		file := filepath.Join(c.folder, "kiosk.toml")
		if err := os.WriteFile(file, []byte(settings+more), 0o600); err != nil {
			return err
		}
		return c.launch(exec.Command(c.program, "--kiosk", "--config", file, "--data", data, "--no-discovery", "--listen", "127.0.0.1:0",
			"--peer", seller.Address, "--log-level", "error"))
	}
	if err := start(p.Buyer, "idle_seconds = 3600\n"); err != nil {
		return err
	}
	pad := 256 // the keyboard, and the phrases in its place
	if c.high() >= 800 {
		pad = 296
	}
	foot := c.high() - pad - 36
	err = errors.Join(
		c.walk([]step{
			{name: "kiosk-slides"},
			{name: "kiosk-market", click: &point{c.wide() / 2, c.high() / 2}},
			{name: "kiosk-goods", click: &point{390, 300}},
			{name: "kiosk-room", click: &point{c.wide() / 2, c.high() - 40}},
			{click: &point{300, c.high() - pad + 42}},
			{name: "kiosk-phrase"},
			{click: &point{c.wide() - 50, foot}},
		}),
		c.reply(seller),
		c.walk([]step{
			{name: "kiosk-answer"},
			{name: "kiosk-keyboard", click: &point{192, foot}},
			{name: "kiosk-leaving", click: &point{c.wide() - 80, 36}},
			{name: "kiosk-take", click: &point{c.wide() / 4, c.high() - 40}},
			{name: "kiosk-pin", corner: true},
		}),
		c.tries("1111#", "kiosk-pin-wrong"),
		c.tries("2468#", "kiosk-owner"),
		c.window.Stop())
	if err != nil {
		return err
	}
	if err := start(p.Buyer, "idle_seconds = 10\nwarning_seconds = 120\ncolour = 'red'\n"); err != nil {
		return err
	}
	return errors.Join(
		c.walk([]step{{click: &point{c.wide() / 2, c.high() / 2}}}),
		c.wait(11*time.Second),
		c.take("kiosk-still"),
		c.walk([]step{{corner: true}}),
		c.tries("2468#", "kiosk-owner-wrong"),
		c.window.Stop(),
		start(p.Seller, ""), // which is in use
		c.take("kiosk-help"),
		c.window.Stop())
}

// tries taps a PIN, and takes a picture of what comes of it.
func (c *camera) tries(pin, name string) error {
	return errors.Join(c.walk([]step{{pin: pin}}), c.wait(trying), c.take(name))
}

// hash is the line of a settings file for a PIN.
func (c *camera) hash(pin string) (string, error) {
	cmd := exec.Command(c.program, "kiosk-pin")
	cmd.Stdin = strings.NewReader(pin + "\n")
	out, err := cmd.Output()
	return string(out), err
}

// reply lets the seller answer in the newest room.
func (c *camera) reply(seller *window.Headless) error {
	return window.Until("the seller answers", func() (bool, error) {
		var list struct {
			Rooms []struct {
				RoomID string `json:"roomId"`
				Unread int    `json:"unread"`
			} `json:"rooms"`
		}
		if err := seller.Call("rooms.list", map[string]any{}, &list); err != nil {
			return false, err
		}
		for _, r := range list.Rooms {
			if r.Unread > 0 {
				return true, seller.Call("messages.send", map[string]any{"roomId": r.RoomID, "text": c.pick("Yes, come by stall 14.", "还在，来 14 号摊。")}, nil)
			}
		}
		return false, nil
	})
}

func (*camera) wait(d time.Duration) error {
	<-time.After(d)
	return nil
}

// digit is where a key of the PIN pad is; anything that is no digit is the key that ends it.
func (c *camera) digit(key rune) point {
	column, row := 2, 3
	switch {
	case key == '0':
		column = 1
	case key >= '1' && key <= '9':
		column, row = int(key-'1')%3, int(key-'1')/3
	}
	return point{c.wide()/2 + (column-1)*110, c.high()/2 + (row-1)*70}
}
