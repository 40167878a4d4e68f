// Command screens takes pictures of every screen of the real program, in both languages, light and dark, wide and at
// 1024x600, and some at twice the size: make screenshots. Most go to build/screenshots; those that the documents show also go
// to docs/screenshots.
package main

import (
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"haggle/internal/window"
)

const (
	all  = "build/screenshots"
	kept = "docs/screenshots"
)

// shown are the pictures that the documents show.
var shown = []string{
	"en-light-1440x900-market", "en-light-1440x900-goods", "en-light-1440x900-room", "en-light-1440x900-editor",
	"zh-dark-1440x900-market", "zh-dark-1440x900-room", "zh-light-1024x600-room", "en-dark-1024x600-market",
}

// form is one way in which the window may look.
type form struct {
	language      string
	look          int
	width, height int
	scale         float32
}

func (f form) name() string {
	look := "light"
	if f.look == window.Dark {
		look = "dark"
	}
	name := fmt.Sprintf("%s-%s-%dx%d", f.language, look, f.width, f.height)
	if f.scale != 1 {
		name += fmt.Sprintf("-%.0f%%", f.scale*100)
	}
	return name
}

func main() {
	if tool := window.Missing(window.Tools...); tool != "" {
		fmt.Fprintf(os.Stderr, "screens: %s is not installed; run make setup\n", tool)
		os.Exit(1)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(1)
	}
}

// run takes the pictures of the forms whose name has one of the words in it; of all without words.
func run(words []string) error {
	folder, err := os.MkdirTemp("", "haggle-screens-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program := filepath.Join(folder, "haggle")
	if given := os.Getenv("HAGGLE_PROGRAM"); given != "" {
		program = given
	} else if err := window.Build(program); err != nil {
		return err
	}
	profiles := map[string]window.Profiles{}
	for _, f := range forms() {
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.name(), w) }) {
			continue
		}
		p, ok := profiles[f.language]
		if !ok {
			at := filepath.Join(folder, f.language)
			if err := os.Mkdir(at, 0o700); err != nil {
				return err
			}
			if p, err = window.Fill(program, at, f.language); err != nil {
				return err
			}
			profiles[f.language] = p
		}
		if err := tour(program, folder, f, p); err != nil {
			return fmt.Errorf("%s: %w", f.name(), err)
		}
	}
	return nil
}

func forms() []form {
	var list []form
	for _, language := range []string{"en", "zh"} {
		for _, look := range []int{window.Light, window.Dark} {
			for _, size := range [][2]int{{1440, 900}, {1024, 600}} {
				list = append(list, form{language, look, size[0], size[1], 1})
			}
		}
		list = append(list, form{language, window.Light, 2048, 1200, 2}) // a screen of 1024x600 points
	}
	return list
}

// tour goes through the screens of one form.
func tour(program, folder string, f form, p window.Profiles) (err error) {
	screen, err := window.OpenScreen(f.width, f.height)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	t := &camera{form: f, program: program, home: filepath.Join(folder, "home"), screen: screen}
	if err := t.firstStart(filepath.Join(folder, "new-"+f.name())); err != nil {
		return err
	}
	settings := window.Settings{Introduced: true, Language: f.language, Look: f.look}
	if err := errors.Join(window.Remember(p.Buyer, settings), window.Remember(p.Seller, settings)); err != nil {
		return err
	}
	if err := t.buyer(p.Buyer); err != nil {
		return err
	}
	return t.seller(p.Seller)
}

// camera takes the pictures of one form.
type camera struct {
	form
	program, home string
	screen        *window.Screen
	window        *window.Program
}

// open runs a profile; do sees it.
func (c *camera) open(data string, do func() error) error {
	locale := "en_US.UTF-8"
	if c.language == "zh" {
		locale = "zh_CN.UTF-8"
	}
	cmd := exec.Command(c.program, "--data", data, "--no-discovery", "--listen", "127.0.0.1:0", "--log-level", "error")
	w, err := window.Start(cmd, window.Options{Screen: c.screen, Home: c.home, Scale: c.scale, Locale: locale})
	if err != nil {
		return err
	}
	c.window = w
	if err := w.Size(c.width, c.height); err != nil {
		return errors.Join(err, w.Kill())
	}
	return errors.Join(do(), w.Stop())
}

// take waits until the window rests and keeps a picture of it.
func (c *camera) take(name string) error {
	img, err := c.window.Still()
	if err != nil {
		return err
	}
	return c.save(img, name)
}

func (c *camera) save(img image.Image, name string) error {
	name = c.name() + "-" + name
	err := window.Save(img, filepath.Join(all, name+".png"))
	if err == nil && slices.Contains(shown, name) {
		err = window.Save(window.Few(img), filepath.Join(kept, name+".png"))
	}
	return err
}

// step is keys to press or a point to click, and then a picture.
type step struct {
	name  string
	keys  []string
	click []float32 // in points
	words string    // to paste
}

func (c *camera) walk(steps []step) error {
	for _, s := range steps {
		if s.click != nil {
			if err := c.window.Click(int(s.click[0]*c.scale), int(s.click[1]*c.scale)); err != nil {
				return err
			}
		}
		if s.keys != nil {
			if err := c.window.Key(s.keys...); err != nil {
				return err
			}
		}
		if s.words != "" {
			if err := c.window.Paste(s.words); err != nil {
				return err
			}
		}
		if s.name != "" {
			if err := c.take(s.name); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

func (c *camera) firstStart(data string) error {
	if err := window.Remember(data, window.Settings{Language: c.language, Look: c.look}); err != nil {
		return err
	}
	return c.open(data, func() error {
		return c.walk([]step{
			{name: "first"},
			{name: "market-empty", keys: []string{"Return"}},
			{name: "chats-empty", keys: []string{"ctrl+2"}},
			{name: "mygoods-empty", keys: []string{"ctrl+3"}},
			{name: "people-empty", keys: []string{"ctrl+4"}},
		})
	})
}

func (c *camera) buyer(data string) error {
	return c.open(data, func() error {
		return c.walk([]step{
			{name: "market"},
			{name: "goods", click: []float32{380, 200}},
			{name: "viewer", click: []float32{(float32(c.width)/c.scale - 250), 200}},
			{keys: []string{"Escape", "Escape"}},
			{name: "chats", keys: []string{"ctrl+2"}},
			{name: "room", click: []float32{250, 220}},
			{name: "people", keys: []string{"ctrl+4"}},
			{name: "person", click: []float32{250, 110}},
			{name: "keys", keys: []string{"F1"}},
			{keys: []string{"Escape"}},
			{name: "settings", keys: []string{"ctrl+5"}},
		})
	})
}

func (c *camera) seller(data string) error {
	title := "Bamboo flute in D"
	if c.language == "zh" {
		title = "D 调竹笛"
	}
	return c.open(data, func() error {
		return c.walk([]step{
			{name: "mygoods", keys: []string{"ctrl+3"}},
			{name: "editor", click: []float32{300, 150}},
			{name: "status", click: []float32{260, 140}},
			{keys: []string{"Escape"}},
			{name: "editor-new", keys: []string{"ctrl+n"}, words: title},
			{name: "", keys: []string{"Escape"}},
		})
	})
}
