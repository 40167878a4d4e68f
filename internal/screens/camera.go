package main

import (
	"errors"
	"fmt"
	"image"
	"os/exec"
	"path/filepath"
	"slices"

	"haggle/internal/window"
)

// camera takes the pictures of one form.
type camera struct {
	form
	program, folder string
	screen          *window.Screen
	window          *window.Program
	last            *image.NRGBA // the picture before
}

// wide and high are the window's size in points.
func (c *camera) wide() int { return int(float32(c.width) / c.scale) }
func (c *camera) high() int { return int(float32(c.height) / c.scale) }

// narrow reports whether one pane covers the other.
func (c *camera) narrow() bool { return c.wide() < 800 }

// listEnd is where the list of chats, goods or people ends.
func (c *camera) listEnd() int {
	if c.narrow() {
		return c.wide()
	}
	return 88 + 336
}

// open runs a profile, with further words on its command line; do sees it.
func (c *camera) open(data string, do func() error, words ...string) error {
	words = append([]string{"--data", data, "--no-discovery", "--listen", "127.0.0.1:0", "--log-level", "error"}, words...)
	if err := c.launch(exec.Command(c.program, words...)); err != nil {
		return err
	}
	return errors.Join(do(), c.window.Stop())
}

// launch starts a program that has a window.
func (c *camera) launch(cmd *exec.Cmd) error {
	locale := "en_US.UTF-8"
	if c.language == "zh" {
		locale = "zh_CN.UTF-8"
	}
	w, err := window.Start(cmd, window.Options{Screen: c.screen, Home: filepath.Join(c.folder, "home"), Scale: c.scale, Locale: locale})
	if err != nil {
		return err
	}
	c.window = w
	if err := w.Size(c.width, c.height); err != nil {
		return errors.Join(err, w.Kill())
	}
	return nil
}

// take waits until the window rests and keeps a picture of it. One that is the same as the picture before is none: what was to be
// clicked has moved away.
func (c *camera) take(name string) error {
	var img *image.NRGBA
	err := window.Until("something changes after the picture before", func() (changed bool, err error) {
		img, err = c.window.Still()
		return err == nil && (c.last == nil || window.Differ(c.last, img) >= unlike), err
	})
	if err != nil {
		return err
	}
	c.last = img
	return c.save(img, name)
}

// unlike is how many points differ at least between two pictures: more than a cursor that blinks.
const unlike = 400

func (c *camera) save(img image.Image, name string) error {
	name = c.name() + "-" + name
	err := window.Save(img, filepath.Join(all, name+".png"))
	if err == nil && slices.Contains(shown, name) {
		err = window.Save(window.Few(img), filepath.Join(kept, name+".png"))
	}
	return err
}

// point is a place of the window in points.
type point struct{ x, y int }

// step is what a person does next, in the order of its fields, and then a picture.
type step struct {
	name   string // of the picture, "" for none
	click  *point
	over   *point // where the wheel turns down by scroll
	scroll int
	keys   []string
	words  string // to paste
	enter  bool   // Return behind them
	pin    string // to tap on the pad of a kiosk, and the key that ends it
	corner bool   // the owner's gesture at a kiosk
	point  *point // what the mouse points at in the picture; nothing if nil
}

func (c *camera) walk(steps []step) error {
	for _, s := range steps {
		if err := c.step(s); err != nil {
			if img, failed := c.window.Look(); failed == nil {
				err = errors.Join(err, window.Save(img, filepath.Join(all, "failed.png")))
			}
			return fmt.Errorf("%s: %w; %s shows what is there", s.name, err, filepath.Join(all, "failed.png"))
		}
	}
	return nil
}

func (c *camera) step(s step) error {
	if s.click != nil {
		if err := c.window.Click(c.pixels(*s.click)); err != nil {
			return err
		}
	}
	if s.over != nil {
		if err := errors.Join(c.window.Point(c.pixels(*s.over)), c.window.Scroll(s.scroll)); err != nil {
			return err
		}
	}
	if s.keys != nil {
		if err := c.window.Key(s.keys...); err != nil {
			return err
		}
	}
	if s.corner {
		for range 5 {
			if err := c.window.Click(c.pixels(point{20, 20})); err != nil {
				return err
			}
		}
	}
	for _, digit := range s.pin {
		if err := c.window.Click(c.pixels(c.digit(digit))); err != nil {
			return err
		}
	}
	if s.words != "" {
		if _, err := c.window.Still(); err != nil { // what it is pasted into may be on its way
			return err
		}
		if err := c.window.Paste(s.words); err != nil {
			return err
		}
	}
	if s.enter {
		if _, err := c.window.Still(); err != nil { // until the words are there
			return err
		}
		if err := c.window.Key("Return"); err != nil {
			return err
		}
	}
	rest := point{1, 1}
	if s.point != nil {
		rest = *s.point
	}
	if err := c.window.Point(c.pixels(rest)); err != nil {
		return err
	}
	if s.name == "" {
		_, err := c.window.Still()
		return err
	}
	return c.take(s.name)
}

func (c *camera) pixels(p point) (x, y int) {
	return int(float32(p.x) * c.scale), int(float32(p.y) * c.scale)
}
