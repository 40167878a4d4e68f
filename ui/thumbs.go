package ui

import (
	"container/list"
	"image"

	"haggle/chat"
)

// thumbBytes is how much memory decoded thumbnails may take, and decoders how many are decoded at once.
const (
	thumbBytes = 48 << 20
	decoders   = 2
)

// thumbs decodes thumbnails off the UI's goroutine and keeps the ones shown last. Its methods are for the UI's goroutine.
type thumbs struct {
	kit     *kit
	decode  func([]byte) (image.Image, error)
	byHash  map[chat.Hash]*list.Element // of *thumb
	order   list.List                   // the one used last in front
	bytes   int
	budget  int
	running int
	queue   []*thumb // the one asked for last is decoded first: it is on the screen
}

type thumb struct {
	hash    chat.Hash
	data    []byte
	picture image.Image // nil until decoded, and for ever if refused
	done    bool
	then    []func(image.Image)
}

func newThumbs(k *kit, decode func([]byte) (image.Image, error)) *thumbs {
	t := &thumbs{kit: k, decode: decode, byHash: map[chat.Hash]*list.Element{}, budget: thumbBytes}
	t.order.Init()
	return t
}

// get gives the picture of a thumbnail to then: at once if it is here, or when it is decoded. A thumbnail that is refused
// gives nil. hash is that of the whole picture.
func (t *thumbs) get(hash chat.Hash, data []byte, then func(image.Image)) {
	if e, ok := t.byHash[hash]; ok {
		one, _ := e.Value.(*thumb)
		t.order.MoveToFront(e)
		if one.done {
			then(one.picture)
		} else {
			one.then = append(one.then, then)
		}
		return
	}
	one := &thumb{hash: hash, data: data, then: []func(image.Image){then}}
	t.byHash[hash] = t.order.PushFront(one)
	t.queue = append(t.queue, one)
	t.start()
}

func (t *thumbs) start() {
	for t.running < decoders && len(t.queue) > 0 {
		one := t.queue[len(t.queue)-1]
		t.queue = t.queue[:len(t.queue)-1]
		t.running++
		read(t.kit, func() (image.Image, error) { return t.decode(one.data) }, func(picture image.Image, err error) {
			t.running--
			one.done, one.data = true, nil
			if err == nil {
				one.picture = picture
				t.bytes += weight(picture)
			}
			t.shrink()
			for _, then := range one.then {
				then(one.picture)
			}
			one.then = nil
			t.start()
		})
	}
}

// shrink lets go of what was not shown for longest until the rest fits.
func (t *thumbs) shrink() {
	for e := t.order.Back(); e != nil && t.bytes > t.budget; {
		before := e.Prev()
		if one, _ := e.Value.(*thumb); one.done {
			if one.picture != nil {
				t.bytes -= weight(one.picture)
			}
			t.order.Remove(e)
			delete(t.byHash, one.hash)
		}
		e = before
	}
}

// weight is roughly how many bytes a decoded picture takes.
func weight(p image.Image) int { return 4 * p.Bounds().Dx() * p.Bounds().Dy() }
