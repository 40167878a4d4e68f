package main

import (
	"errors"
	"image"
	"image/color"

	"haggle/internal/window"
)

// What is on a page moves whenever somebody adds to it. So a button is found by what a person sees: its soft ground, which nothing
// else of the settings has.

// softGround is the colour of such a button.
func (c *camera) softGround() color.NRGBA {
	if c.look == window.Dark {
		return color.NRGBA{0x17, 0x3A, 0x31, 0xff}
	}
	return color.NRGBA{0xD8, 0xEF, 0xE7, 0xff}
}

// soft is where the buttons of the page with a soft ground are, from top to bottom; of several in a row the longest. They are as
// high as what can be tapped, and all of them is seen.
func (c *camera) soft() ([]point, error) {
	img, err := c.window.Still()
	if err != nil {
		return nil, err
	}
	const high = 40
	var found []point
	begun, from, to := -1, 0, 0 // a button's first line, and its longest
	for y := int(64 * c.scale); y < c.height; y++ {
		left, right := longest(img, y, c.softGround(), c.beside(), c.width)
		if begun < 0 && right-left > int(60*c.scale) {
			begun, from, to = y, left, right
		}
		if begun < 0 {
			continue
		}
		if right-left > to-from {
			from, to = left, right
		}
		if at := y - begun; at == int((high-4)*c.scale) {
			if right-left > int(60*c.scale) { // its last lines are as full as its first
				found = append(found, point{int(float32(from+to) / 2 / c.scale), int(float32(begun)/c.scale) + high/2})
			}
			begun = -1
		}
	}
	return found, nil
}

// longest is the longest part of a line that has a colour.
func longest(img *image.NRGBA, y int, ground color.NRGBA, from, to int) (left, right int) {
	begun := -1
	for x := from; x <= to; x++ {
		switch has := x < to && img.NRGBAAt(x, y) == ground; {
		case has && begun < 0:
			begun = x
		case !has && begun >= 0:
			if x-begun > right-left {
				left, right = begun, x
			}
			begun = -1
		}
	}
	return left, right
}

// beside is where the page begins, in pixels: beside the rail, of which one item has a soft ground, too.
func (c *camera) beside() int { return int(88 * c.scale) }

// firstSoft scrolls up to the beginning of the page, and down until its first button with a soft ground is seen.
func (c *camera) firstSoft() (point, error) {
	over := &point{c.wide() - 20, c.high() / 2}
	if err := c.walk([]step{{over: over, scroll: -200}}); err != nil {
		return point{}, err
	}
	for range 40 {
		found, err := c.soft()
		if err != nil {
			return point{}, err
		}
		if len(found) > 0 {
			return found[0], nil
		}
		if err := c.walk([]step{{over: over, scroll: 4}}); err != nil {
			return point{}, err
		}
	}
	return point{}, errors.New("no button with a soft ground")
}

// turned reports whether there is another page, in the place of the one before or beside it: the head says so, and nothing lies on
// the window.
func (c *camera) turned(before, after *image.NRGBA) bool {
	head := image.Rect(c.beside(), 0, c.width, int(56*c.scale))
	n := 0
	for y := head.Min.Y; y < head.Max.Y; y++ {
		for x := head.Min.X; x < head.Max.X; x++ {
			if before.NRGBAAt(x, y) != after.NRGBAAt(x, y) {
				n++
			}
		}
	}
	return n > 200 && before.NRGBAAt(c.width-4, 4) == after.NRGBAAt(c.width-4, 4)
}
