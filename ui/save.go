package ui

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// savePicture asks where a picture goes and writes it there, and tells where. It never overwrites a file.
func (k *kit) savePicture(p chat.Photo, tell func(string)) {
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
	path.SetText(k.freePath(p.Type))
	where := newField(k.say("save.where"), tall(path))
	var save *button
	save = newButton(primary, "", k.say("save.save"), func() {
		save.enable(false)
		to := path.Text
		read(k, func() (struct{}, error) { return struct{}{}, k.writePicture(p.Hash, to) }, func(_ struct{}, err error) {
			save.enable(true)
			if err != nil {
				where.complain(k.unsaved(err))
				cover.Refresh()
				return
			}
			leave()
			tell(k.say("save.saved", to))
		})
	})
	path.OnSubmitted = func(string) { save.Tapped(nil) }
	path.keyed = func(key fyne.KeyName) bool { return cover.escape(key) }
	inside := newColumn(grid+gap, newParagraph(k.say("save.title"), sizeStrong, colorText).strong(), where.Container,
		inset(grid, 0, 0, 0, newRow(grid, 0, container.NewWithoutLayout(), newButton(plain, "", k.say("do.cancel"), leave), save)))
	sheet := newPanel(colorSurface, radiusLarge, inset(gutter+grid, gutter+grid, gutter+grid, gutter+grid, inside))
	cover = newCurtain(container.New(middle{480}, sheet), leave)
	c.Overlays().Add(cover)
	cover.Resize(c.Size())
	c.Focus(path)
}

// freePath is a place for a picture that nothing is at yet, in the folder for downloads if there is one.
func (k *kit) freePath(kind string) string {
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
	ending := ".jpg"
	if kind == "png" {
		ending = ".png"
	}
	return filepath.Join(folder, "haggle-"+k.now().Format("20060102-150405")+ending)
}

// writePicture is off the UI's goroutine.
func (k *kit) writePicture(h chat.Hash, path string) error {
	data, err := k.node.ReadPicture(h)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(strings.TrimSpace(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a picture that somebody wants to have in a folder of theirs
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// unsaved says why a picture was not written.
func (k *kit) unsaved(err error) string {
	switch {
	case errors.Is(err, fs.ErrExist):
		return k.say("save.exists")
	case errors.Is(err, chat.ErrNotFound):
		return k.say("save.notHere")
	default:
		return k.say("save.failed")
	}
}
