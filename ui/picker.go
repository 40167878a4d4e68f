package ui

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// The size of a picker, where the window has room for it.
const (
	pickerWidth  float32 = 880
	pickerHeight float32 = 640
)

// pickerMost is how many entries of a folder are shown.
const pickerMost = 5000

// pictureEndings are those of the files that Prepare takes, as people name them.
var pictureEndings = []string{".jpg", ".jpeg", ".png", ".gif", ".webp"}

// picker lets a person choose pictures among the files of this machine: it shows folders and previews of pictures, the
// newest first, and takes a path that was typed or pasted as well.
type picker struct {
	kit   *kit
	most  int
	taken func([]string)

	sheet   *modal
	path    *entry
	grid    *gridView
	nothing *label
	take    *button

	folder  string
	entries []pickerEntry
	chosen  []string
	listing latest[[]pickerEntry]
}

// pickerEntry is a folder or a picture.
type pickerEntry struct {
	path   string
	folder bool
	at     time.Time
	size   int64
}

// lastFolder is where a picture was last chosen, so that the next one is looked for there.
func (k *kit) startFolder() string {
	if k.folder != "" {
		return k.folder
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return string(filepath.Separator)
	}
	for _, name := range []string{"Pictures", "图片"} {
		at := filepath.Join(home, name)
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			return at
		}
	}
	return home
}

// choosePictures opens a picker for at most some pictures; taken hears their paths, unless the person leaves it.
func (k *kit) choosePictures(most int, taken func(paths []string)) {
	p := &picker{kit: k, most: most, taken: taken}
	p.path = newEntry(k, "")
	p.path.OnSubmitted = p.typed
	p.path.keyed = func(key fyne.KeyName) bool {
		if key == fyne.KeyEscape {
			p.sheet.close()
		}
		return key == fyne.KeyEscape
	}
	p.grid = newGridView(k, 132, grid, gap, func(float32) float32 { return 150 }, func() fyne.CanvasObject { return newPickerCell(p) }, p.bind)
	p.nothing = newParagraph(k.say("picker.nothing"), sizeBody, colorMuted).centred()
	p.nothing.Hide()
	p.take = newButton(primary, "check", k.say("picker.take"), p.finish)
	p.take.enable(false)
	top := newRow(grid, 1, newIconButton("up", k.say("picker.up"), func() { p.open(filepath.Dir(p.folder)) }), tall(p.path))
	bottom := newRow(grid, 0, newLabel(k.count("picker.hint", most), sizeCaption, colorMuted),
		newButton(plain, "", k.say("do.cancel"), func() { p.sheet.close() }), p.take)
	middle := container.NewStack(p.grid, container.New(middle{360}, p.nothing))
	content := container.New(edged{grid}, newColumn(12, newTitle(k.say("picker.title")), top), middle, bottom)
	p.sheet = showTall(k, pickerWidth, pickerHeight, content, p.path)
	p.open(k.startFolder())
}

// open shows a folder.
func (p *picker) open(folder string) {
	p.listing.read(p.kit, func() ([]pickerEntry, error) { return pickerEntries(folder) }, func(entries []pickerEntry, err error) {
		if err != nil {
			p.kit.log.Info("Folder not read", "err", err)
			p.refuse()
			return
		}
		p.folder, p.entries, p.kit.folder = folder, entries, folder
		p.path.SetText(folder)
		p.path.CursorColumn = len([]rune(folder))
		p.path.Refresh()
		p.say("")
		if len(entries) == 0 {
			p.say(p.kit.say("picker.nothing"))
		}
		p.grid.show(len(entries))
		p.grid.top()
	})
	if p.folder == "" {
		p.say(p.kit.say("picker.loading"))
	}
}

// refuse says that there is nothing to be had where the path leads.
func (p *picker) refuse() {
	p.entries = nil
	p.grid.show(0)
	p.say(p.kit.say("picker.unreadable"))
}

func (p *picker) say(what string) {
	p.nothing.set(what)
	p.nothing.Hidden = what == ""
	p.nothing.Refresh()
}

// typed goes to the folder, or takes the picture, whose path was typed.
func (p *picker) typed(path string) {
	path = strings.TrimSpace(strings.TrimPrefix(path, "file://"))
	read(p.kit, func() (fs.FileInfo, error) { return os.Stat(path) }, func(info fs.FileInfo, err error) {
		switch {
		case err != nil:
			p.refuse()
		case info.IsDir():
			p.open(path)
		default:
			p.kit.folder = filepath.Dir(path)
			p.chosen = append(p.chosen, path)
			p.finish()
		}
	})
}

func (p *picker) finish() {
	if len(p.chosen) == 0 {
		return
	}
	p.sheet.close()
	p.taken(p.chosen)
}

// tapped opens a folder, or chooses a picture or takes that back.
func (p *picker) tapped(e pickerEntry) {
	if e.folder {
		p.open(e.path)
		return
	}
	if i := slices.Index(p.chosen, e.path); i >= 0 {
		p.chosen = slices.Delete(p.chosen, i, i+1)
	} else if len(p.chosen) < p.most {
		p.chosen = append(p.chosen, e.path)
	}
	p.take.enable(len(p.chosen) > 0)
	p.take.say(p.kit.count("picker.takeSome", max(1, len(p.chosen))))
	p.grid.show(len(p.entries))
}

// pickerEntries lists a folder: folders by name, then pictures, the newest first; hidden ones are left out.
func pickerEntries(folder string) ([]pickerEntry, error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var folders, files []pickerEntry
	for _, f := range list {
		e := pickerEntry{path: filepath.Join(folder, f.Name())}
		if strings.HasPrefix(f.Name(), ".") {
			continue
		}
		info, err := os.Stat(e.path) // follows links
		switch {
		case err != nil:
		case info.IsDir():
			e.folder = true
			folders = append(folders, e)
		case info.Mode().IsRegular() && slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(f.Name()))):
			e.at, e.size = info.ModTime(), info.Size()
			files = append(files, e)
		}
	}
	slices.SortStableFunc(files, func(a, b pickerEntry) int { return b.at.Compare(a.at) })
	slices.SortFunc(folders, func(a, b pickerEntry) int { return cmp.Compare(strings.ToLower(a.path), strings.ToLower(b.path)) })
	all := append(folders, files...)
	return all[:min(len(all), pickerMost)], nil
}

// pickerCell shows one entry.
type pickerCell struct {
	tappable
	of    *picker
	entry pickerEntry
	photo *photo
	check *panel
	label *label
}

func newPickerCell(p *picker) *pickerCell {
	c := &pickerCell{of: p, photo: newPhoto("photo", radiusSmall), label: newLabel("", sizeCaption, colorText).centred()}
	c.check = newPanel(colorAccent, 12, newSized(24, 24, container.NewCenter(newIcon("check", colorOnAccent, 16))))
	picture := newSized(0, 104, container.NewStack(c.photo, container.New(badgeCorner{}, c.check)))
	c.become(c, pad(grid, newColumn(gap, picture, c.label)), radius, func() { p.tapped(c.entry) })
	c.keyed = func(key fyne.KeyName) bool {
		to, ok := p.grid.step(p.grid.indexOf(c), key)
		if next, is := p.grid.reveal(to).(*pickerCell); ok && is {
			p.kit.window.Canvas().Focus(next)
		}
		return ok
	}
	return c
}

func (p *picker) bind(i int, o fyne.CanvasObject) {
	c, ok := o.(*pickerCell)
	if !ok || i >= len(p.entries) {
		return
	}
	e := p.entries[i]
	if c.entry != e {
		c.show(e)
	}
	chosen := slices.Contains(p.chosen, e.path)
	c.check.Hidden = !chosen
	if chosen {
		c.paint(colorAccentSoft, colorAccent)
	} else {
		c.paint("", "")
	}
	c.Refresh()
}

func (c *pickerCell) show(e pickerEntry) {
	c.entry = e
	c.name = text.Line(filepath.Base(e.path), 80)
	c.label.set(c.name)
	c.photo.drawing = "photo"
	if e.folder {
		c.photo.drawing = "folder"
	}
	c.photo.picture = nil
	c.photo.Refresh()
	if e.folder {
		return
	}
	k := c.of.kit
	key := chat.Hash(sha256.Sum256(fmt.Append(nil, e.path, e.at.UnixNano(), e.size)))
	k.pics.get(pictureKey{key, -1}, func() (image.Image, error) {
		ready, err := k.prepare(e.path, false)
		if err != nil {
			return nil, err
		}
		return k.pics.thumbnail(ready.Image.Thumbnail)
	}, func(i image.Image) {
		if c.entry == e {
			c.photo.show(i, false)
		}
	})
}

// edged gives the first and the last their least height and what is between them the rest.
type edged struct{ gap float32 }

// Layout is for Fyne.
func (g edged) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top, between, bottom := objects[0], objects[1], objects[2]
	first, last := top.MinSize().Height, bottom.MinSize().Height
	top.Resize(fyne.NewSize(size.Width, first))
	top.Move(fyne.Position{})
	between.Resize(fyne.NewSize(size.Width, max(0, size.Height-first-last-2*g.gap)))
	between.Move(fyne.NewPos(0, first+g.gap))
	bottom.Resize(fyne.NewSize(size.Width, last))
	bottom.Move(fyne.NewPos(0, size.Height-last))
}

// MinSize is for Fyne.
func (g edged) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, 2*g.gap)
	for _, o := range objects {
		least := o.MinSize()
		size.Width = max(size.Width, least.Width)
		size.Height += least.Height
	}
	return size
}
