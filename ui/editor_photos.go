package ui

import (
	"bytes"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// photoTileSide is how wide the editor shows a photo: as its three buttons are.
const photoTileSide float32 = 3 * touch

// photoRow is the photos of the editor. The first is the cover.
type photoRow struct {
	*fyne.Container
	kit      *kit
	draft    *draftKeeper
	changed  func()
	complain func(string)
	tiles    []*photoTile
	more     *tappable
	left     []string // files that come when one before them is refused
	failed   refusals // of what was chosen or dropped last
}

// newPhotoRow makes an empty one; changed hears every change.
func newPhotoRow(k *kit, draft *draftKeeper, changed func()) *photoRow {
	r := &photoRow{kit: k, draft: draft, changed: changed, failed: refusals{kit: k}}
	words := newColumn(gap,
		container.NewCenter(newIcon("photo", colorOnSoft, 28)),
		newParagraph(k.say("editor.photos.add"), sizeBody, colorOnSoft).strong().centred(),
		newParagraph(k.say("editor.photos.drop"), sizeCaption, colorMuted).centred(),
	)
	r.more = newTappable(newSized(photoTileSide, photoTileSide+touch+gap, container.New(middle{photoTileSide}, words)), radius, r.choose)
	r.more.name = k.say("editor.photos.add")
	r.more.paint(colorAccentSoft, "")
	r.Container = newFlow(12, r.more)
	return r
}

// show shows photos in place of those that were there.
func (r *photoRow) show(photos []editedPhoto) {
	r.tiles = nil
	for i := range photos {
		t := r.newTile()
		t.set(&photos[i])
		r.tiles = append(r.tiles, t)
	}
	r.arrange()
}

// ready are the photos that can be offered, in order.
func (r *photoRow) ready() []editedPhoto {
	var photos []editedPhoto
	for _, t := range r.tiles {
		if t.of != nil {
			photos = append(photos, *t.of)
		}
	}
	return photos
}

// busy reports whether some photo is not ready yet.
func (r *photoRow) busy() bool { return len(r.ready()) < len(r.tiles) }

func (r *photoRow) choose() {
	r.kit.choosePictures(chat.MaxPhotos-len(r.tiles), r.add)
}

// add makes files that a person chose ready and shows them behind the others. Of more than may be, some come in the place of
// those that are refused.
func (r *photoRow) add(paths []string) {
	r.failed.clear()
	r.complain("")
	r.left = append(r.left, paths...)
	r.fill()
	r.arrange()
	r.changed()
}

// fill takes as many of the files that are left as there is room for. Those that never will have room are refused.
func (r *photoRow) fill() {
	for len(r.left) > 0 && len(r.tiles) < chat.MaxPhotos {
		path := r.left[0]
		r.left = r.left[1:]
		t := r.newTile()
		r.tiles = append(r.tiles, t)
		read(r.kit, func() (*Picture, error) {
			p, err := r.kit.prepare(path, false)
			if err == nil {
				err = r.draft.photo(&p)
			}
			return &p, err
		}, func(p *Picture, err error) {
			r.took(t, path, p, err)
			r.fill()
			r.arrange()
		})
	}
	if len(r.left) > 0 && !r.busy() {
		r.left = nil
		r.refuse("", r.kit.count("editor.photos.most", chat.MaxPhotos))
	}
}

// refuse says that a file is not taken, beside those before it.
func (r *photoRow) refuse(path, why string) {
	r.failed.add(path, why)
	r.complain(r.failed.words())
}

// took shows a photo that is ready, or says why it is not taken.
func (r *photoRow) took(t *photoTile, path string, p *Picture, err error) {
	if r.at(t) < 0 {
		return
	}
	switch {
	case err != nil:
		r.kit.log.Info("Photo not taken", "err", err)
		r.refuse(path, r.kit.refused(err))
		r.remove(t)
		return
	case r.has(p.Image.Hash):
		r.remove(t)
		return
	}
	t.set(&editedPhoto{fresh: p})
	r.changed()
}

func (r *photoRow) has(h chat.Hash) bool {
	for _, t := range r.tiles {
		if t.of != nil && t.of.hash() == h {
			return true
		}
	}
	return false
}

func (r *photoRow) at(t *photoTile) int {
	for i, other := range r.tiles {
		if other == t {
			return i
		}
	}
	return -1
}

// move moves a photo by some places.
func (r *photoRow) move(t *photoTile, by int) {
	from := r.at(t)
	to := from + by
	if from < 0 || to < 0 || to >= len(r.tiles) {
		return
	}
	r.tiles[from], r.tiles[to] = r.tiles[to], r.tiles[from]
	r.arrange()
	r.changed()
}

func (r *photoRow) remove(t *photoTile) {
	if i := r.at(t); i >= 0 {
		r.tiles = append(r.tiles[:i], r.tiles[i+1:]...)
		r.fill()
		r.arrange()
		r.changed()
	}
}

// arrange shows the tiles in order, and a way to more while there may be more.
func (r *photoRow) arrange() {
	objects := make([]fyne.CanvasObject, 0, len(r.tiles)+1)
	for i, t := range r.tiles {
		t.place(i, len(r.tiles))
		objects = append(objects, t)
	}
	if len(r.tiles) < chat.MaxPhotos {
		objects = append(objects, r.more)
	}
	r.Objects = objects
	r.Refresh()
}

// photoTile is one photo with what can be done with it. It can be dragged to another place, too.
type photoTile struct {
	widget.BaseWidget
	row                 *photoRow
	of                  *editedPhoto // nil until it is ready
	photo               *photo
	cover               *panel
	before, after, drop *tappable
	view                *fyne.Container
	dragged             float32
}

func (r *photoRow) newTile() *photoTile {
	k := r.kit
	t := &photoTile{row: r, photo: newPhoto("clock", radius), cover: newBadge(k.say("editor.photos.cover"), colorAccent, colorOnAccent)}
	t.before = newIconButton("previous", k.say("editor.photos.before"), func() { r.move(t, -1) })
	t.after = newIconButton("next", k.say("editor.photos.after"), func() { r.move(t, 1) })
	t.drop = newIconButton("trash", k.say("editor.photos.remove"), func() { r.remove(t) })
	buttons := newRow(0, -1, t.before, t.after, t.drop)
	t.view = newColumn(gap,
		newSized(photoTileSide, photoTileSide, container.NewStack(t.photo, container.New(badgeCorner{}, t.cover))), buttons)
	t.ExtendBaseWidget(t)
	return t
}

func (t *photoTile) set(p *editedPhoto) {
	t.of = p
	if len(p.thumbnail()) == 0 {
		t.photo.drawing = "photo"
		t.photo.Refresh()
		return
	}
	t.row.kit.pics.small(p.hash(), p.thumbnail(), func(i image.Image) { t.photo.show(i, false) })
}

// place says which of how many it is.
func (t *photoTile) place(i, of int) {
	t.cover.Hidden = i != 0
	enable := func(b *tappable, on bool) {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
	enable(t.before, i > 0)
	enable(t.after, i < of-1)
}

// Dragged is for Fyne: by more than half a tile it takes the next place.
func (t *photoTile) Dragged(e *fyne.DragEvent) {
	t.dragged += e.Dragged.DX
	switch step := photoTileSide + 12; {
	case t.dragged > step/2:
		t.dragged -= step
		t.row.move(t, 1)
	case t.dragged < -step/2:
		t.dragged += step
		t.row.move(t, -1)
	}
}

// DragEnd is for Fyne.
func (t *photoTile) DragEnd() { t.dragged = 0 }

// CreateRenderer is for Fyne.
func (t *photoTile) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.view) }

// badgeCorner puts a badge into the upper left corner.
type badgeCorner struct{}

// Layout is for Fyne.
func (badgeCorner) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	for _, o := range objects {
		o.Resize(o.MinSize())
		o.Move(fyne.NewPos(6, 6))
	}
}

// MinSize is for Fyne.
func (badgeCorner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// putPhotos makes photos durable and says of them what goods carry: the first with a large thumbnail, the others with a small
// one. Off the UI's goroutine.
func putPhotos(k *kit, photos []editedPhoto) ([]chat.Photo, error) {
	var put []chat.Photo
	for i := range photos {
		p, err := putPhoto(k, &photos[i], i == 0)
		if err != nil {
			return nil, err
		}
		put = append(put, p)
	}
	return put, nil
}

func putPhoto(k *kit, p *editedPhoto, first bool) (chat.Photo, error) {
	if p.fresh != nil {
		if _, err := k.node.PutPicture(k.ctx, p.fresh.Data); err != nil {
			return chat.Photo{}, err
		}
		is := p.fresh.Image
		return chat.Photo{
			Hash: is.Hash, Size: is.Size, Width: is.Width, Height: is.Height, Type: is.Type, Thumbnail: thumbnailOf(p.fresh, first),
		}, nil
	}
	photo := p.old
	small := len(photo.Thumbnail) <= chat.MaxSmallThumb
	if first != small {
		return photo, nil
	}
	data, err := k.node.ReadPicture(photo.Hash)
	if err != nil {
		data = photo.Thumbnail // gone from the disk: of what there is
	}
	again, err := k.ready(k.ctx, bytes.NewReader(data), int64(len(data)), false)
	if err != nil {
		return chat.Photo{}, err
	}
	photo.Thumbnail = thumbnailOf(&again, first)
	return photo, nil
}

func thumbnailOf(p *Picture, first bool) []byte {
	if first {
		return p.Image.Thumbnail
	}
	return p.Small
}
