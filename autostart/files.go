package autostart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is how many bytes a file of an item may have.
const maxFile = 64 << 10

// files is a store of one file per item.
type files struct {
	folder  string
	ending  string
	content func(Item) string
	off     func(text string) bool // somebody has turned it off in the system's settings
}

// desktopFiles are those of desktops after the freedesktop.org specification, such as GNOME's and KDE's.
func desktopFiles(folder string) files { return files{folder, ".desktop", desktopFile, turnedOff} }

// launchAgents are those of macOS.
func launchAgents(folder string) files {
	return files{folder, ".plist", launchAgent, func(string) bool { return false }}
}

func (f files) path(name string) string { return filepath.Join(f.folder, name+f.ending) }

func (f files) text(i Item) (string, error) { return f.content(i), nil }

func (f files) read(name string) (string, bool, error) {
	info, err := os.Stat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err == nil && info.Size() > maxFile {
		err = errors.New("too long")
	}
	if err != nil {
		return "", false, fmt.Errorf("autostart: %w", err)
	}
	raw, err := os.ReadFile(f.path(name))
	if err != nil {
		return "", false, fmt.Errorf("autostart: %w", err)
	}
	return string(raw), !f.off(string(raw)), nil
}

// write replaces the file: a log-in sees all of it or what was there before.
func (f files) write(name, text string) error {
	if err := os.MkdirAll(f.folder, 0o755); err != nil { //nolint:gosec // as desktops make it
		return fmt.Errorf("autostart: %w", err)
	}
	whole := f.path("." + name)                     // no program reads files of such names
	err := os.WriteFile(whole, []byte(text), 0o644) //nolint:gosec // others may see that it starts
	if err == nil {
		err = os.Rename(whole, f.path(name))
	}
	if err != nil {
		_ = os.Remove(whole)
		return fmt.Errorf("autostart: %w", err)
	}
	return nil
}

func (f files) remove(name string) error {
	if err := os.Remove(f.path(name)); !errors.Is(err, fs.ErrNotExist) && err != nil {
		return fmt.Errorf("autostart: %w", err)
	}
	return nil
}

// desktopFile is a desktop entry. Without X-KDE-autostart-after the place beside the clock would not be there yet.
func desktopFile(i Item) string {
	var b strings.Builder
	b.WriteString("[Desktop Entry]\nType=Application\nVersion=1.0\n")
	b.WriteString("Name=" + escaped(i.Title) + "\nExec=" + escaped(commandLine(i)) + "\n")
	b.WriteString("Terminal=false\nStartupNotify=false\nX-GNOME-Autostart-enabled=true\nX-KDE-autostart-after=panel\n")
	return b.String()
}

// commandLine is the value of Exec, in which some characters count unless they are quoted, and a percent sign always.
func commandLine(i Item) string {
	var words []string
	for _, word := range append([]string{i.Program}, i.Args...) {
		word = strings.ReplaceAll(word, "%", "%%")
		if word == "" || strings.ContainsAny(word, " \t\n\"'\\><~|&;$*?#()`") {
			word = `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`).Replace(word) + `"`
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// escaped is a string as a value of a desktop entry.
func escaped(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// turnedOff reports whether a desktop's settings have turned an entry off, which they say in its file.
func turnedOff(text string) bool {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "Hidden" && value == "true" || key == "X-GNOME-Autostart-enabled" && value == "false" {
			return true
		}
	}
	return false
}

// launchAgent is a property list for launchd.
func launchAgent(i Item) string {
	var b strings.Builder
	word := func(s string) string {
		var w strings.Builder
		_ = xml.EscapeText(&w, []byte(s)) // a builder takes everything
		return w.String()
	}
	b.WriteString(xml.Header)
	b.WriteString(`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n")
	b.WriteString("<plist version=\"1.0\">\n<dict>\n")
	b.WriteString("\t<key>Label</key>\n\t<string>" + word(i.Name) + "</string>\n\t<key>ProgramArguments</key>\n\t<array>\n")
	for _, s := range append([]string{i.Program}, i.Args...) {
		b.WriteString("\t\t<string>" + word(s) + "</string>\n")
	}
	b.WriteString("\t</array>\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>ProcessType</key>\n\t<string>Interactive</string>\n")
	b.WriteString("\t<key>LimitLoadToSessionType</key>\n\t<string>Aqua</string>\n</dict>\n</plist>\n")
	return b.String()
}
