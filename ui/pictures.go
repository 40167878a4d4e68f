package ui

import (
	"container/list"
	"context"
	"errors"
	"image"
	"image/draw"
	"slices"

	"haggle/chat"
)

// pictureBytes is how much memory decoded pictures may take, and decoders how many are decoded at once.
const (
	pictureBytes = 64 << 20
	decoders     = 2
	maxTries     = 3 // of what was not decoded in time: the machine may have been busy
)

// pictures decodes off the UI's goroutine and keeps what was shown last. Its methods are for the UI's goroutine.
type pictures struct {
	kit       *kit
	thumbnail func([]byte) (image.Image, error)
	decode    func(ctx context.Context, data []byte, maxSide int) (image.Image, error)
	by        map[pictureKey]*list.Element // of *picture
	order     list.List                    // the one used last in front
	bytes     int
	budget    int
	running   int
	queue     []*picture // the one asked for last is decoded first: it is on the screen
}

// pictureKey names a decoded picture: side is how large it was asked for, 0 for a thumbnail.
type pictureKey struct {
	hash chat.Hash
	side int
}

type picture struct {
	key     pictureKey
	load    func() (image.Image, error)
	decoded image.Image // nil until decoded, and for ever if refused
	tries   int
	done    bool
	then    []func(image.Image)
}

func newPictures(k *kit, cfg *Config) *pictures {
	p := &pictures{kit: k, thumbnail: cfg.DecodeThumbnail, decode: cfg.Decode, by: map[pictureKey]*list.Element{}, budget: pictureBytes}
	p.order.Init()
	return p
}

// small gives a thumbnail to then: at once if it is here, or when it is decoded. One that is refused gives nil. hash is that
// of the whole picture.
func (p *pictures) small(hash chat.Hash, data []byte, then func(image.Image)) {
	p.get(pictureKey{hash, 0}, func() (image.Image, error) { return p.thumbnail(data) }, then)
}

// portrait gives a peer's portrait to then, nil if it has not come.
func (p *pictures) portrait(hash chat.Hash, then func(image.Image)) {
	p.get(pictureKey{hash, 0}, func() (image.Image, error) {
		data, err := p.kit.node.ReadPicture(hash)
		if err != nil {
			return nil, err
		}
		return p.thumbnail(data)
	}, then)
}

// full gives a whole picture to then, scaled to a side; nil if it has not come.
func (p *pictures) full(hash chat.Hash, side int, then func(image.Image)) {
	p.get(pictureKey{hash, side}, func() (image.Image, error) {
		data, err := p.kit.node.ReadPicture(hash)
		if err != nil {
			return nil, err
		}
		return p.decode(p.kit.ctx, data, side)
	}, then)
}

func (p *pictures) get(key pictureKey, load func() (image.Image, error), then func(image.Image)) {
	if e, ok := p.by[key]; ok {
		one, _ := e.Value.(*picture)
		p.order.MoveToFront(e)
		if one.done {
			then(one.decoded)
		} else {
			one.then = append(one.then, then)
		}
		return
	}
	one := &picture{key: key, load: load, then: []func(image.Image){then}}
	p.by[key] = p.order.PushFront(one)
	p.queue = append(p.queue, one)
	p.start()
}

func (p *pictures) start() {
	for p.running < decoders && len(p.queue) > 0 {
		one := p.queue[len(p.queue)-1]
		p.queue = p.queue[:len(p.queue)-1]
		p.running++
		one.tries++
		load := one.load // forgotten when it is done
		read(p.kit, func() (image.Image, error) { return paintable(load()) }, func(decoded image.Image, err error) {
			p.running--
			p.took(one, decoded, err)
			p.start()
		})
	}
}

// paintable is a picture as painters take it; any other they would make into such a one on the UI's goroutine.
func paintable(i image.Image, err error) (image.Image, error) {
	switch i.(type) {
	case nil, *image.RGBA, *image.Uniform:
		return i, err
	}
	size := i.Bounds().Size()
	to := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(to, to.Rect, i, i.Bounds().Min, draw.Src)
	return to, err
}

// took keeps what came of a picture and tells who waits. What is not here yet is asked for anew the next time.
func (p *pictures) took(one *picture, decoded image.Image, err error) {
	if errors.Is(err, context.DeadlineExceeded) && one.tries < maxTries && p.by[one.key] != nil {
		p.queue = slices.Insert(p.queue, 0, one) // after all others
		return
	}
	one.done, one.load = true, nil
	switch {
	case p.by[one.key] == nil: // all were dropped meanwhile
	case err == nil:
		one.decoded = decoded
		p.bytes += weight(decoded)
		p.shrink()
	case errors.Is(err, chat.ErrNotFound), errors.Is(err, context.Canceled):
		p.forget(one)
	}
	then := one.then
	one.then = nil
	for _, tell := range then {
		tell(one.decoded)
	}
}

// shrink lets go of what was not shown for longest until the rest fits.
func (p *pictures) shrink() {
	for e := p.order.Back(); e != nil && p.bytes > p.budget; {
		before := e.Prev()
		if one, _ := e.Value.(*picture); one.done && before != nil {
			p.forget(one)
		}
		e = before
	}
}

// drop forgets all pictures. Those that are being decoded are shown to nobody.
func (p *pictures) drop() {
	p.by, p.queue, p.bytes = map[pictureKey]*list.Element{}, nil, 0
	for e := p.order.Front(); e != nil; e = e.Next() {
		if one, ok := e.Value.(*picture); ok {
			one.then = nil
		}
	}
	p.order.Init()
}

func (p *pictures) forget(one *picture) {
	e, ok := p.by[one.key]
	if !ok {
		return
	}
	if one.decoded != nil {
		p.bytes -= weight(one.decoded)
	}
	p.order.Remove(e)
	delete(p.by, one.key)
}

// weight is roughly how many bytes a decoded picture takes.
func weight(i image.Image) int { return 4 * i.Bounds().Dx() * i.Bounds().Dy() }
