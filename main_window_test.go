//go:build !headless

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"haggle/ui"
)

// TestF4Door: a second start raises the first window, and nothing else that knocks does.
func TestF4Door(t *testing.T) {
	dir := t.TempDir()
	if knockAt(dir) == nil {
		t.Error("a window was raised where none is")
	}
	raised := make(chan struct{}, 8)
	d, err := openDoor(dir, func() { raised <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	if err := knockAt(dir); err != nil || len(raised) != 1 {
		t.Errorf("the window was raised %d times, %v", len(raised), err)
	}
	file := filepath.Join(dir, doorFile)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the word: %v, %v", info.Mode(), err)
	}
	address, word, _ := strings.Cut(string(raw), "\n")
	if err := os.WriteFile(file, []byte(address+"\n"+strings.Repeat("0", len(word)-1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if knockAt(dir) == nil || len(raised) != 1 {
		t.Error("another word raises the window, too")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if knockAt(dir) == nil {
		t.Error("a window that was closed is raised")
	}
}

func TestSettingsAndDesk(t *testing.T) {
	dir := t.TempDir()
	if s, err := loadSettings(dir); err != nil || s != (ui.Settings{}) {
		t.Errorf("before the first start: %+v, %v", s, err)
	}
	want := ui.Settings{Introduced: true, Language: "zh", TextSize: 1.3, Width: 900, Height: 700}
	if err := keepSettings(dir, want); err != nil {
		t.Fatal(err)
	}
	if s, err := loadSettings(dir); err != nil || s != want {
		t.Errorf("kept %+v, %v; want %+v", s, err, want)
	}
	d := desk{filepath.Join(dir, deskDir)}
	if data, err := d.Kept("goods-1"); err != nil || data != nil {
		t.Errorf("an empty desk has %q, %v", data, err)
	}
	if err := d.Keep("goods-1", []byte("words")); err != nil {
		t.Fatal(err)
	}
	if data, err := d.Kept("goods-1"); err != nil || string(data) != "words" {
		t.Errorf("the desk kept %q, %v", data, err)
	}
	if d.Keep("../outside", []byte("words")) == nil {
		t.Error("a name leads out of the desk")
	}
	if err := d.Drop("goods"); err != nil {
		t.Error(err)
	}
	if data, err := d.Kept("goods-1"); err != nil || data != nil {
		t.Errorf("after Drop the desk has %q, %v", data, err)
	}
}

func TestPlatform(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"an input method", map[string]string{"DISPLAY": ":0", "XMODIFIERS": "@im=fcitx"}, "x11"},
		{"Chinese", map[string]string{"DISPLAY": ":0", "LANG": "zh_CN.UTF-8"}, "x11"},
		{"neither", map[string]string{"DISPLAY": ":0", "LANG": "en_GB.UTF-8"}, ""},
		{"no X11", map[string]string{"XMODIFIERS": "@im=fcitx"}, ""},
		{"chosen", map[string]string{"DISPLAY": ":0", "XMODIFIERS": "@im=fcitx", "FYNE_PLATFORM": "wayland"}, "wayland"},
	} {
		choosePlatform(func(name string) string { return c.env[name] }, func(name, value string) error { c.env[name] = value; return nil })
		if got := c.env["FYNE_PLATFORM"]; got != c.want {
			t.Errorf("%s: platform %q, want %q", c.name, got, c.want)
		}
	}
}
