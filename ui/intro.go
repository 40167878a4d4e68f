package ui

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"haggle/assets"
	"haggle/chat"
	"haggle/text"
)

// intro is the page of the first start: a name, a picture if one likes, a language, and Start.
type intro struct {
	kit      *kit
	view     fyne.CanvasObject
	name     *entry
	field    *field
	page     *page
	portrait *portraitChoice
	start    *button
	done     func()
}

// newIntro makes the page. With a vault a backup can be brought back instead. typed is what was typed before the language was changed, "" for the name of the profile;
// speak changes the language, done is called once the profile is kept.
func newIntro(k *kit, typed string, v Vault, speak func(code string), done func()) *intro {
	i := &intro{kit: k, done: done}
	self := k.node.Self()
	if typed == "" {
		typed = self.Name
	}
	i.name = newEntry(k, k.say("intro.namePlace"))
	i.name.SetText(text.Line(typed, chat.MaxName))
	i.name.OnChanged = func(name string) {
		i.field.complain("")
		i.portrait.face.show(self.ID, name, false)
	}
	i.name.OnSubmitted = func(string) { i.finish() }
	i.field = newField(k.say("intro.name"), tall(i.name))
	i.portrait = newPortraitChoice(k, self, 72)
	i.start = newButton(primary, "", k.say("intro.start"), i.finish)

	icon := newPhoto("", 0)
	icon.whole = true
	languages := newRow(grid, -1)
	for _, l := range Languages {
		c := newChip(l.Name, func() { speak(l.Code) })
		c.choose(l.Code == k.words.Language)
		languages.Add(c)
	}
	parts := newColumn(gutter,
		container.NewCenter(newSized(64, 64, programIcon())),
		newParagraph(k.say("intro.title"), sizeDisplay, colorText).strong().centred(),
		newParagraph(k.say("intro.hint"), sizeBody, colorMuted).centred(),
		i.field.Container,
		newRow(gutter, 1, i.portrait.face, newColumn(6, newParagraph(k.say("intro.picture"), sizeCaption, colorMuted), i.portrait.buttons)),
		newColumn(6, newLabel(k.say("intro.language"), sizeCaption, colorMuted).strong(), languages),
	)
	last := newRow(grid, 0, i.start)
	if v != nil {
		last.Add(newButton(plain, "", k.say("backup.restore"), func() { k.restoreBackup(v) }))
	}
	parts.Add(inset(grid, 0, 0, 0, last))
	if k.home != nil {
		parts.Add(newButton(plain, "", k.say("take.open"), k.takeHome))
	}
	i.page = newPage(440, inset(12, 12, 32, 32, parts))
	card := newCard(pad(grid, i.page))
	card.lifted = true
	i.view = container.NewStack(newFill(colorPage), container.New(sheet{i.page}, card))
	return i
}

// programIcon is the program's own icon.
func programIcon() fyne.CanvasObject {
	return &canvas.Image{Resource: fyne.NewStaticResource("Icon", assets.IconPNG), FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleSmooth}
}

// finish keeps the profile.
func (i *intro) finish() {
	name := strings.TrimSpace(i.name.Text)
	if wrong := i.kit.wrongName(name); wrong != "" {
		i.field.complain(wrong)
		i.view.Refresh() // the card grows with it
		i.kit.window.Canvas().Focus(i.name)
		return
	}
	i.start.enable(false)
	change := chat.SelfChange{Name: &name, Picture: i.portrait.chosen}
	then := answer(i.kit, func(_ chat.SelfView, err error) {
		i.start.enable(true)
		if err != nil {
			i.kit.log.Error("Profile not kept", "err", err)
			i.field.complain(i.kit.failure(err))
			i.page.relayout()
			return
		}
		i.done()
	})
	i.kit.off(func() { i.kit.node.SetSelf(change, then) })
}

// wrongName says what is wrong with a name, "" if nothing.
func (k *kit) wrongName(name string) string {
	switch {
	case text.Blank(name):
		return k.say("profile.nameMissing")
	case text.Characters(name) > chat.MaxName:
		return k.say("profile.nameLong", chat.MaxName)
	default:
		return ""
	}
}

// sheet puts a card with a page on it into the middle: as high as the page, if there is room.
type sheet struct{ page *page }

// Layout is for Fyne.
func (s sheet) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(480, size.Width-2*grid)
	for _, o := range objects {
		o.Resize(fyne.NewSize(width, size.Height)) // heights follow from widths
		height := min(size.Height-2*grid, s.page.height()+2*grid)
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos((size.Width-width)/2, (size.Height-height)/2))
	}
}

// MinSize is for Fyne.
func (sheet) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(360, 400) }

// portraitChoice is the own portrait with buttons to choose a picture for it, or none. What is chosen is on the disk at once,
// and in the profile when that is kept.
type portraitChoice struct {
	kit     *kit
	face    *portrait
	buttons *fyne.Container
	remove  *button
	chosen  *chat.Hash // nil: as before
	changed func()
}

func newPortraitChoice(k *kit, self chat.SelfView, side float32) *portraitChoice {
	p := &portraitChoice{kit: k, face: newPortrait(self.ID, self.Name, side), changed: func() {}}
	k.showPortrait(p.face, chat.PeerView{Peer: chat.Peer{ID: self.ID}, Name: self.Name, Picture: self.Picture})
	choose := newButton(plain, "photo", k.say("profile.choosePicture"), p.choose)
	p.remove = newButton(plain, "", k.say("profile.noPicture"), func() { p.set(chat.Hash{}, nil) })
	p.buttons = newFlow(grid, choose, p.remove)
	p.remove.Hidden = self.Picture == (chat.Hash{})
	return p
}

func (p *portraitChoice) choose() {
	p.kit.choosePictures(1, func(paths []string) { p.take(paths[0]) })
}

// take makes the picture in a file the portrait.
func (p *portraitChoice) take(path string) {
	type portraitPicture struct {
		hash    chat.Hash
		decoded image.Image
	}
	read(p.kit, func() (portraitPicture, error) {
		picture, err := p.kit.prepare(path, false)
		if err != nil {
			return portraitPicture{}, err
		}
		decoded, err := p.kit.pics.thumbnail(picture.Image.Thumbnail)
		if err != nil {
			return portraitPicture{}, err
		}
		hash, err := p.kit.node.PutPicture(p.kit.ctx, picture.Image.Thumbnail)
		return portraitPicture{hash, decoded}, err
	}, func(picture portraitPicture, err error) {
		if err != nil {
			p.kit.log.Warn("Picture not taken", "err", err)
			p.kit.toast(p.kit.refused(err))
			return
		}
		p.set(picture.hash, picture.decoded)
	})
}

func (p *portraitChoice) set(hash chat.Hash, decoded image.Image) {
	p.chosen = &hash
	p.face.paint(decoded)
	p.remove.Hidden = decoded == nil
	p.buttons.Refresh()
	p.changed()
}
