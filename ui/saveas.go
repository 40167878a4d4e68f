package ui

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// saving is a file that somebody wants to have.
type saving struct {
	title, hint string
	path        string                // where, until they say otherwise
	write       func(io.Writer) error // called off the UI's goroutine
	why         func(error) string    // why it was not written; may be nil
	tell        func(string)          // hears where it is
}

// saveAs asks where a file goes and writes it there, and tells where. It never overwrites a file.
func (k *kit) saveAs(s saving) {
	c := k.window.Canvas()
	before := c.Focused()
	var cover *curtain
	leave := func() {
		c.Overlays().Remove(cover)
		if before != nil {
			c.Focus(before)
		}
	}
	path := newEntry(k, "")
	path.SetText(s.path)
	where := newField(k.say("save.where"), tall(path))
	var save *button
	save = newButton(primary, "", k.say("save.save"), func() {
		if save.disabled {
			return
		}
		save.enable(false)
		to := strings.TrimSpace(path.Text)
		read(k, func() (struct{}, error) { return struct{}{}, writeNew(to, s.write) }, func(_ struct{}, err error) {
			save.enable(true)
			if err != nil {
				k.log.Warn("File not saved", "err", err)
				where.complain(k.unsaved(err, s.why))
				cover.Refresh()
				return
			}
			leave()
			s.tell(k.say("save.saved", to))
		})
	})
	path.OnSubmitted = func(string) { save.Tapped(nil) }
	path.keyed = func(key fyne.KeyName) bool { return cover.escape(key) }
	inside := newColumn(grid+gap, newParagraph(s.title, sizeStrong, colorText).strong())
	if s.hint != "" {
		inside.Add(newParagraph(s.hint, sizeBody, colorMuted))
	}
	inside.Add(where.Container)
	inside.Add(inset(grid, 0, 0, 0, newRow(grid, 0, container.NewWithoutLayout(), newButton(plain, "", k.say("do.cancel"), leave), save)))
	sheet := newPanel(colorSurface, radiusLarge, inset(gutter+grid, gutter+grid, gutter+grid, gutter+grid, inside))
	cover = newCurtain(container.New(middle{480}, sheet), leave)
	c.Overlays().Add(cover)
	cover.Resize(c.Size())
	c.Focus(path)
}

// freePath is a place for a file that nothing is at yet, in the folder for downloads if there is one.
func (k *kit) freePath(name, ending string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	folder := home
	for _, name := range []string{"Downloads", "下载"} {
		if info, err := os.Stat(filepath.Join(home, name)); err == nil && info.IsDir() {
			folder = filepath.Join(home, name)
		}
	}
	return filepath.Join(folder, name+"-"+k.now().Format("20060102-150405")+ending)
}

// writeNew writes a file that was not there, all of it or none.
func writeNew(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // somebody wants to have it in a folder of theirs
	if err != nil {
		return err
	}
	if err = errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// unsaved says why a file was not written.
func (k *kit) unsaved(err error, why func(error) string) string {
	if why != nil {
		if s := why(err); s != "" {
			return s
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return k.say("save.exists")
	}
	return k.say("save.failed")
}
