// Command screens takes pictures of every screen of the real program, in both languages, light and dark, wide and at
// 1024x600, at twice the scale and in a narrow window: make screenshots. All go to build/screenshots, which Git ignores; those
// that the documents show also go to docs/screenshots.
package main

import (
	"errors"
	"fmt"
	"os"
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
	"en-light-1440x900-kiosk-slides", "en-light-1440x900-kiosk-market", "zh-dark-1024x600-kiosk-answer", "en-light-1024x600-kiosk-take",
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
		name += fmt.Sprintf("-scale%.0f", f.scale*100)
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

// run takes the pictures of the forms whose name has one of the words in it; of all without words. The word kiosk leaves away all
// but the screens of a kiosk.
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
	halls := slices.Contains(words, "kiosk") // of a kiosk alone
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "kiosk" })
	for _, f := range forms() {
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.name(), w) }) {
			continue
		}
		at := filepath.Join(folder, f.name())
		if err := errors.Join(os.Mkdir(at, 0o700), tour(program, at, f, halls), os.RemoveAll(at)); err != nil {
			return fmt.Errorf("%s: %w", f.name(), err)
		}
	}
	return nil
}

// forms are those that a release is looked at in: each language and look in a large and in a small window; at twice the
// scale, also where that leaves little room; and narrow, where one pane covers the other.
func forms() []form {
	var list []form
	for _, language := range []string{"en", "zh"} {
		for _, look := range []int{window.Light, window.Dark} {
			for _, size := range [][2]int{{1440, 900}, {1024, 600}} {
				list = append(list, form{language, look, size[0], size[1], 1})
			}
		}
		list = append(list,
			form{language, window.Light, 2048, 1200, 2}, // 1024x600 points
			form{language, window.Dark, 1440, 900, 2},   // 720x450
			form{language, window.Light, 1024, 600, 2},  // 512x300
			form{language, window.Light, 700, 900, 1},
		)
	}
	return list
}
