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

// tour goes through the screens of one form, on profiles of its own: what is read or begun in one form is not in another.
func tour(program, folder string, f form, halls bool) (err error) {
	p, err := window.Fill(program, folder, f.language)
	if err != nil {
		return err
	}
	if err := window.Visit(program, folder, f.language, p); err != nil {
		return err
	}
	screen, err := window.OpenScreen(f.width, f.height)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	c := &camera{form: f, program: program, folder: folder, screen: screen}
	settings := window.Settings{Introduced: true, Language: f.language, Look: f.look}
	settings.QuietHours.On, settings.QuietHours.From, settings.QuietHours.To = true, 22, 8
	fresh := filepath.Join(folder, "new")
	if err := errors.Join(
		window.Remember(fresh, window.Settings{Language: f.language, Look: f.look}),
		window.Remember(p.Buyer, settings), window.Remember(p.Seller, settings),
		os.MkdirAll(filepath.Join(folder, "home", "Pictures"), 0o700),
		os.MkdirAll(filepath.Join(p.Buyer, "log"), 0o700),
	); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.Buyer, "log", "crash.log"), []byte("panic: of a run before\n"), 0o600); err != nil {
		return err
	}
	for _, name := range window.Drawings() {
		if _, err := window.Drawing(filepath.Join(folder, "home", "Pictures"), name); err != nil {
			return err
		}
	}
	if halls {
		return c.kiosk(p)
	}
	if err := c.open(fresh, c.firstStart, invite); err != nil {
		return err
	}
	if err := c.open(p.Buyer, c.buyer); err != nil {
		return err
	}
	if err := c.open(p.Seller, c.seller); err != nil {
		return err
	}
	if err := c.locked(fresh); err != nil {
		return err
	}
	return c.kiosk(p)
}

// invite is a line that a first start is given.
const invite = "haggle:RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC@192.168.1.20:42445,[fe80::1c2b:3ff:fe04:5066%eth0]:42445"

func (c *camera) firstStart() error {
	return c.walk([]step{
		{name: "first"},
		{name: "offered", keys: []string{"Return"}},
		{name: "market-empty", keys: []string{"Escape"}},
		{name: "chats-empty", keys: []string{"ctrl+2"}},
		{name: "mygoods-empty", keys: []string{"ctrl+3"}},
		{name: "people-empty", keys: []string{"ctrl+4"}},
	})
}

func (c *camera) buyer() error {
	photo := &point{c.wide() - 250, 200}
	foot := c.high() - 28
	attach := &point{88 + 32, foot}
	if !c.narrow() {
		attach.x = c.listEnd() + 32
	}
	picture := func(name string) string { return filepath.Join(c.folder, "home", "Pictures", name+".jpg") }
	err := c.walk([]step{
		{name: "crash"},
		{name: "market", keys: []string{"Escape"}},
		{name: "market-sort", click: &point{c.wide() - 60, 32}},
		{keys: []string{"Escape"}},
		{name: "market-nothing", keys: []string{"ctrl+f"}, words: "zzz"},
		{keys: []string{"Escape"}},
		{name: "goods", click: &point{380, 200}},
		{name: "viewer", click: photo},
		{keys: []string{"Escape", "Escape"}},

		{name: "chats", keys: []string{"ctrl+2"}},
		{name: "room", click: &point{250, 240}},
		{name: "room-menu", click: &point{c.wide() - 36, 32}},
		{keys: []string{"Escape"}},
		{name: "room-waiting", click: &point{c.wide() - 120, foot}, words: c.pick("Could you keep it for me until Saturday?", "能帮我留到星期六吗？"), enter: true, point: &point{c.wide() - 60, foot - 70}},
		{name: "picker", click: attach},
		{keys: []string{"ctrl+a"}, words: picture("kite"), enter: true},
		{click: attach},
		{keys: []string{"ctrl+a"}, words: picture("lamp"), enter: true},
		{click: attach},
		{keys: []string{"ctrl+a"}, words: picture("plant"), enter: true},
		{name: "composer", words: c.pick("Which of these goes with it?", "哪一个和它更配？")},

		{name: "people", keys: []string{"ctrl+4"}},
		{name: "person", click: &point{250, 110}},
		{keys: []string{"Escape"}},
		{name: "people-add", click: &point{c.listEnd() - 36, 32}},
		{name: "people-add-wrong", words: "haggle:nobody", enter: true},
		{name: "keys", keys: []string{"F1"}},
		{keys: []string{"Escape"}},

		{name: "settings", keys: []string{"ctrl+5"}},
		{name: "toast", click: &point{(c.wide() + 88) / 2, 240}, keys: []string{"End", "exclam"}, enter: true},
		{name: "settings-desktop", over: &point{c.wide() - 20, c.high() / 2}, scroll: 26},
		{name: "settings-end", over: &point{c.wide() - 20, c.high() / 2}, scroll: 80},
	})
	return errors.Join(err, c.network())
}

// network looks at what the settings lead to: a report, the lock, a backup and the page that examines the network. The first three
// are on the screen only in a high window.
func (c *camera) network() error {
	if c.high() >= 520 {
		middle := 88 + (c.wide()-88)/2
		soft, err := c.soft()
		if err != nil || len(soft) < 2 {
			return fmt.Errorf("%d buttons at the end of the settings, want the lock's and the backup's: %w", len(soft), err)
		}
		if err := c.walk([]step{
			{name: "report", click: &point{middle - 80, c.high() - 64}},
			{keys: []string{"Escape"}},
			{name: "lock", click: &soft[len(soft)-2]},
			{keys: []string{"Escape"}},
			{name: "backup", click: &soft[len(soft)-1]},
			{keys: []string{"Escape"}},
		}); err != nil {
			return err
		}
	}
	before, err := c.window.Still()
	if err != nil {
		return err
	}
	button, err := c.firstSoft()
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	err = errors.Join(c.walk([]step{{click: &button}}), c.wait(trying), c.take("network")) // it dials others
	if err != nil {
		return err
	}
	if !c.turned(before, c.last) {
		return errors.New("network: its page is not there, or something lies on it")
	}
	return nil
}

// trying is what it takes to try a passphrase or a PIN, which is made slow, or the network.
const trying = 5 * time.Second

// locked looks at a profile that is locked.
func (c *camera) locked(data string) error {
	file := filepath.Join(c.folder, "passphrase")
	if err := os.WriteFile(file, []byte("correct horse\n"), 0o600); err != nil {
		return err
	}
	if out, err := exec.Command(c.program, "lock", "--data", data, "--passphrase-file", file).CombinedOutput(); err != nil {
		return fmt.Errorf("lock: %w: %s", err, out)
	}
	return c.open(data, func() error {
		return errors.Join(
			c.walk([]step{{name: "locked"}, {words: "battery", enter: true}}),
			c.wait(trying),
			c.take("locked-wrong"),
			c.walk([]step{{keys: []string{"ctrl+a"}, words: "correct horse"}}),
			c.window.Key("Return"),
			c.wait(trying),
			c.window.Size(c.width, c.height), // it takes that of the settings, which were locked
			c.walk([]step{
				{name: "unlocked"},
				{name: "settings-unlocked", keys: []string{"ctrl+5"}},
				{name: "settings-locked", over: &point{c.wide() - 20, c.high() / 2}, scroll: 80},
			}))
	})
}

func (c *camera) seller() error {
	long := strings.Repeat(c.pick("Hand-painted porcelain ", "手工彩绘景德镇瓷器"), 12)
	return c.walk([]step{
		{name: "long-market", keys: []string{"ctrl+1"}},
		{name: "long-goods", click: &point{190, 200}},
		{name: "long-words", over: &point{c.wide() - 200, c.high() / 2}, scroll: 80},
		{keys: []string{"Escape"}},
		{name: "mygoods", keys: []string{"ctrl+3"}},
		{name: "status", click: &point{260, 145}},
		{keys: []string{"Escape"}},
		{name: "editor", click: &point{300, 90}},
		{name: "editor-new", keys: []string{"Escape", "ctrl+n"}, words: c.pick("Bamboo flute in D", "D 调竹笛")},
		{name: "editor-wrong", keys: []string{"ctrl+a"}, words: long, enter: true},

		{keys: []string{"ctrl+2"}},
		{name: "requests", click: c.requests()},
		{name: "request", click: &point{250, 240}},
		{name: "question", click: &point{c.wide() - 36, 32}, keys: []string{"Down", "Down", "Return"}},
	})
}

// pick chooses by the language.
func (c *camera) pick(en, zh string) string {
	if c.language == "zh" {
		return zh
	}
	return en
}

// requests is where the chip of the requests is: in a wide list it is the last of the first line.
func (c *camera) requests() *point {
	switch {
	case c.wide() >= 600 && c.narrow():
		return &point{c.pickPlace(580, 520), 136}
	case c.narrow():
		return &point{c.pickPlace(250, 145), 184}
	default:
		return &point{c.pickPlace(320, 222), 184}
	}
}

func (c *camera) pickPlace(en, zh int) int {
	if c.language == "zh" {
		return zh
	}
	return en
}
