package chat_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
)

// gate refuses bytes that begin with "bad", and otherwise takes all.
func gate(data []byte, _ chat.Image, _ bool) error {
	if bytes.HasPrefix(data, []byte("bad")) {
		return errors.New("no picture")
	}
	return nil
}

// playPictures is play with a place for pictures.
func playPictures(t *testing.T, test func(*desk)) {
	t.Helper()
	playWith(t, func(c *chat.Config) {
		c.Blobs, c.CheckPicture = c.Store.(chat.Blobs), gate //nolint:forcetypeassert // the desk's disk is one
	}, test)
}

// drawing is a picture of so many bytes and what is said of it.
func drawing(begin string, size int) ([]byte, chat.Image) {
	data := append([]byte(begin), make([]byte, size-len(begin))...)
	for i := len(begin); i < size; i++ {
		data[i] = byte(i * i >> 7)
	}
	return data, chat.Image{Hash: sha256.Sum256(data), Size: uint32(size), Width: 40, Height: 30, Type: "jpeg", Thumbnail: []byte{1}}
}

func shows(image chat.Image, caption string) line {
	b := chat.Body{Kind: chat.KindImage, Text: caption, Image: &image}
	return line{kind: chat.KindImage, body: b.Encode()}
}

// gives answers Wants with the bytes of data, as far as limit, and tells which were asked.
func (f *far) gives(data []byte, limit int) (wants []chat.Want) {
	hash := chat.Hash(sha256.Sum256(data))
	for {
		asked := heardOf[chat.Want](f)
		if len(asked) == 0 {
			return wants
		}
		for _, w := range asked {
			wants = append(wants, w)
			for at := int(w.Offset); at < int(w.Offset+w.Count) && at < limit; {
				end := min(at+chat.ChunkBytes, int(w.Offset+w.Count), len(data))
				if at >= end {
					break
				}
				f.say(chat.Chunk{Hash: hash, Size: uint32(len(data)), Offset: uint32(at), Data: data[at:end]})
				at = end
			}
		}
	}
}

// friend is ann at the other end of a link, in the accepted room in which she buys.
func friend(d *desk) (*far, *author) {
	d.opened(ann, me)
	return d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
}

func (d *desk) picture(id chat.MessageID) (chat.ImageState, uint32) {
	d.Helper()
	m, err := d.node.Message(id)
	if err != nil {
		d.Fatal(err)
	}
	return m.Picture, m.Received
}

func (d *desk) wantState(id chat.MessageID, want chat.ImageState) {
	d.Helper()
	if state, received := d.picture(id); state != want {
		d.Errorf("the picture is %s with %d bytes, want %s", state, received, want)
	}
}

func TestPictureComes(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("ok", 1_000_000)
		d.told()
		f.write(a, shows(image, "look"))
		wants := f.gives(data, len(data))
		for i, w := range wants {
			if ref := (chat.Reference{Kind: chat.InMessage, Mine: chat.Seller, Author: chat.Buyer, Device: annDevice, Seq: 1}); w.Of != ref || w.Hash != image.Hash {
				t.Errorf("want %d is %+v", i, w)
			}
		}
		if last := wants[len(wants)-1]; last.Offset != image.Size || last.Count != 0 {
			t.Errorf("the other side does not hear that it came: %+v", last)
		}
		d.wantState(a.id(1), chat.ImageHere)
		if got, err := d.node.ReadPicture(image.Hash); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		var states []chat.ImageState
		var last uint32
		for _, e := range d.told() {
			switch e := e.(type) {
			case chat.MessageReceived:
				if len(states) > 0 || e.Message.Text != "look" || e.Message.Picture != chat.ImageWaiting {
					t.Errorf("told of %+v after %v", e.Message, states)
				}
			case chat.ImageChanged:
				if states = append(states, e.State); e.ID != a.id(1) || e.Size != image.Size || e.Received < last {
					t.Errorf("told %+v after %d bytes", e, last)
				}
				last = e.Received
			}
		}
		if states = slices.Compact(states); !slices.Equal(states, []chat.ImageState{chat.ImageFetching, chat.ImageHere}) || last != image.Size {
			t.Errorf("told %v, %d bytes", states, last)
		}
	})
}

// TestD15ResumesAtTheByte: what came is not asked for again, neither after a broken link nor after a restart.
func TestD15ResumesAtTheByte(t *testing.T) {
	for name, again := range map[string]func(d *desk, f *far) *far{
		"link":          func(_ *desk, f *far) *far { f.down(); f.up(); return f },
		"replaced link": func(_ *desk, f *far) *far { f.up(); return f },
		"restart": func(d *desk, _ *far) *far {
			d.restart()
			f := &far{d: d, person: ann, device: annDevice}
			d.ends = append(d.ends, f)
			f.up()
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			playPictures(t, func(d *desk) {
				f, a := friend(d)
				data, image := drawing("ok", 900_000)
				f.write(a, shows(image, ""))
				f.gives(data, 450_000)
				_, received := d.picture(a.id(1))
				if received < 450_000 {
					t.Fatalf("%d bytes are here", received)
				}
				f = again(d, f)
				wants := f.gives(data, len(data))
				if len(wants) == 0 || wants[0].Offset != received {
					t.Fatalf("wants %+v, not from %d on", wants, received)
				}
				d.wantState(a.id(1), chat.ImageHere)
			})
		})
	}
}

// TestA7StrangersPictureWaits: nobody's first picture is fetched by itself.
func TestA7StrangersPictureWaits(t *testing.T) {
	for name, begin := range map[string]func(d *desk, id chat.MessageID){
		"accepted": func(d *desk, id chat.MessageID) { d.accepted(id.Room) },
		"answered": func(d *desk, id chat.MessageID) { d.posted(id.Room, "hello") },
		"fetched": func(d *desk, id chat.MessageID) {
			if m, err := now(d, ask(func(then func(chat.Message, error)) { d.node.FetchImage(id, then) })); err != nil || m.Picture != chat.ImageFetching {
				d.Errorf("FetchImage: %v, %v", m.Picture, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			playPictures(t, func(d *desk) {
				f := d.met(ann, annDevice)
				a := authorIn(ann, me, chat.Buyer, annDevice)
				data, image := drawing("ok", 100_000)
				f.write(a, shows(image, ""))
				f.down()
				f.up()
				d.pass(time.Minute)
				if wants := heardOf[chat.Want](f); len(wants) > 0 {
					t.Fatalf("asked by itself: %+v", wants)
				}
				d.wantState(a.id(1), chat.ImageWaiting)
				begin(d, a.id(1))
				f.gives(data, len(data))
				d.wantState(a.id(1), chat.ImageHere)
			})
		})
	}
}

// TestX4PictureNeverHangs: a picture that does not come ends in a state, and comes when there is another chance.
func TestX4PictureNeverHangs(t *testing.T) {
	data, image := drawing("ok", 300_000)
	retry := func(d *desk, f *far, a *author) {
		if _, err := now(d, ask(func(then func(chat.Message, error)) { d.node.FetchImage(a.id(1), then) })); err != nil {
			d.Error(err)
		}
		f.gives(data, len(data))
	}
	later := func(d *desk, f *far, _ *author) { d.pass(65 * time.Second); f.gives(data, len(data)) }
	relink := func(_ *desk, f *far, _ *author) { f.down(); f.up(); f.gives(data, len(data)) }
	for name, c := range map[string]struct {
		fail func(d *desk, f *far)
		then func(d *desk, f *far, a *author)
	}{
		"silence, asked again":   {func(d *desk, f *far) { f.gives(data, 100_000); d.pass(40 * time.Second) }, retry},
		"silence, time passes":   {func(d *desk, f *far) { f.gives(data, 100_000); d.pass(40 * time.Second) }, later},
		"absent, time passes":    {func(_ *desk, f *far) { f.say(chat.Absent{Hash: image.Hash}) }, later},
		"silence, linked again":  {func(d *desk, f *far) { f.gives(data, 100_000); d.pass(40 * time.Second) }, relink},
		"absent, asked again":    {func(_ *desk, f *far) { f.say(chat.Absent{Hash: image.Hash}) }, retry},
		"absent, linked again":   {func(_ *desk, f *far) { f.say(chat.Absent{Hash: image.Hash}) }, relink},
		"another size, of chunk": {func(_ *desk, f *far) { f.say(chat.Chunk{Hash: image.Hash, Size: 5, Data: data[:5]}) }, retry},
		"other bytes, twice": {func(_ *desk, f *far) {
			lie := bytes.Clone(data)
			lie[200_000] ^= 1
			for range 2 {
				for at := 0; at < len(lie); at += chat.ChunkBytes {
					f.say(chat.Chunk{Hash: image.Hash, Size: image.Size, Offset: uint32(at), Data: lie[at:min(at+chat.ChunkBytes, len(lie))]})
				}
			}
		}, retry},
	} {
		t.Run(name, func(t *testing.T) {
			playPictures(t, func(d *desk) {
				f, a := friend(d)
				f.write(a, shows(image, ""))
				d.wantState(a.id(1), chat.ImageFetching)
				c.fail(d, f)
				d.wantState(a.id(1), chat.ImageFailed)
				if told := toldOf[chat.ImageChanged](d); len(told) == 0 || told[len(told)-1].State != chat.ImageFailed {
					t.Errorf("told %+v", told)
				}
				c.then(d, f, a)
				d.wantState(a.id(1), chat.ImageHere)
			})
		})
	}
}

// TestOtherBytesOnce: bytes that were damaged on the way are fetched once more.
func TestOtherBytesOnce(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("ok", 60_000)
		f.write(a, shows(image, ""))
		lie := bytes.Clone(data)
		lie[7] ^= 1
		f.say(chat.Chunk{Hash: image.Hash, Size: image.Size, Data: lie})
		f.gives(data, len(data))
		d.wantState(a.id(1), chat.ImageHere)
	})
}

// TestRefusedPictureFails: what the gate does not take is failed for good, also after a restart.
func TestRefusedPictureFails(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("bad", 60_000)
		f.write(a, shows(image, ""))
		f.gives(data, len(data))
		d.wantState(a.id(1), chat.ImageFailed)
		d.restart()
		f = d.met(ann, annDevice)
		if wants := heardOf[chat.Want](f); len(wants) > 0 {
			t.Errorf("asked again: %+v", wants)
		}
		d.wantState(a.id(1), chat.ImageFailed)
	})
}

// TestHP39ChunksNobodyAskedFor: only what was wanted is written, in order, once.
func TestHP39ChunksNobodyAskedFor(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("ok", 800_000)
		stranger := d.met(bo, boDevice)
		f.write(a, shows(image, ""))
		first := chat.Chunk{Hash: image.Hash, Size: image.Size, Data: data[:chat.ChunkBytes]}
		ahead := chat.Chunk{Hash: image.Hash, Size: image.Size, Offset: 2 * chat.ChunkBytes, Data: data[:chat.ChunkBytes]}
		stranger.say(first)
		f.say(ahead, chat.Chunk{Hash: chat.Hash{1}, Size: 9, Data: data[:9]})
		if _, received := d.picture(a.id(1)); received != 0 {
			t.Errorf("%d bytes were taken", received)
		}
		f.say(first, first)
		if _, received := d.picture(a.id(1)); received != chat.ChunkBytes {
			t.Errorf("%d bytes were taken", received)
		}
		var wanted uint32
		for _, w := range heardOf[chat.Want](f) {
			wanted = max(wanted, w.Offset+w.Count)
		}
		for at := uint32(chat.ChunkBytes); at < image.Size; at += chat.ChunkBytes { // all of it, without waiting to be asked
			f.d.wire.events <- chat.FrameReceived{Remote: f.remote(), Frame: chat.Chunk{
				Hash: image.Hash, Size: image.Size, Offset: at, Data: data[at:min(at+chat.ChunkBytes, image.Size)],
			}}
		}
		synctest.Wait()
		f.gives(data, len(data))
		d.wantState(a.id(1), chat.ImageHere)
		if wanted > 512<<10 {
			t.Errorf("%d bytes were wanted at once", wanted)
		}
	})
}

// TestHP38HugePictures: what is said to be too large, or no picture, is never asked for.
func TestHP38HugePictures(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		for _, spoil := range []func(*chat.Image){
			func(i *chat.Image) { i.Size = chat.MaxBlob + 1 },
			func(i *chat.Image) { i.Size = 0 },
			func(i *chat.Image) { i.Type = "svg" },
			func(i *chat.Image) { i.Width = 0 },
		} {
			_, image := drawing("ok", 50)
			spoil(&image)
			f.write(a, shows(image, ""))
			d.wantState(a.id(a.seq), chat.ImageFailed)
		}
		if wants := heardOf[chat.Want](f); len(wants) > 0 {
			t.Errorf("asked for %+v", wants)
		}
	})
}

func TestCancelledPicture(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("ok", 500_000)
		f.write(a, shows(image, ""))
		f.gives(data, 200_000)
		m, err := now(d, ask(func(then func(chat.Message, error)) { d.node.CancelImage(a.id(1), then) }))
		if err != nil || m.Picture != chat.ImageCancelled {
			t.Fatalf("%v, %v", m.Picture, err)
		}
		_, received := d.picture(a.id(1))
		f.heard()
		d.restart()
		f = d.met(ann, annDevice)
		d.pass(time.Minute)
		if wants := heardOf[chat.Want](f); len(wants) > 0 {
			t.Fatalf("asked all the same: %+v", wants)
		}
		d.wantState(a.id(1), chat.ImageCancelled)
		if _, err := now(d, ask(func(then func(chat.Message, error)) { d.node.FetchImage(a.id(1), then) })); err != nil {
			t.Fatal(err)
		}
		if wants := f.gives(data, len(data)); len(wants) == 0 || wants[0].Offset != received {
			t.Errorf("begins anew instead of at %d: %+v", received, wants)
		}
		d.wantState(a.id(1), chat.ImageHere)
		if _, err := now(d, ask(func(then func(chat.Message, error)) { d.node.CancelImage(a.id(1), then) })); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("cancelled what is here: %v", err)
		}
	})
}

// TestDeletedRoomStopsItsPictures: nothing comes for a room that is gone, nor for a message that was taken back.
func TestDeletedRoomStopsItsPictures(t *testing.T) {
	for name, goes := range map[string]func(d *desk, f *far, a *author){
		"room":    func(d *desk, _ *far, a *author) { d.deleted(a.log.Room) },
		"message": func(_ *desk, f *far, a *author) { f.write(a, takesBack(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			playPictures(t, func(d *desk) {
				f, a := friend(d)
				data, image := drawing("ok", 900_000)
				f.write(a, shows(image, ""))
				f.gives(data, 300_000)
				goes(d, f, a)
				d.pass(time.Second)
				f.heard()
				f.say(chat.Chunk{Hash: image.Hash, Size: image.Size, Offset: 327_680, Data: data[327_680:393_216]})
				d.pass(time.Minute)
				if wants := heardOf[chat.Want](f); len(wants) > 0 {
					t.Errorf("still asks: %+v", wants)
				}
				if s := d.disk.Blob(image.Hash); s.Received > 0 {
					t.Errorf("%d bytes are left", s.Received)
				}
			})
		})
	}
}

// TestSamePictureFromTwoIsFetchedOnce: and each of the two can finish what the other began.
func TestSamePictureFromTwoIsFetchedOnce(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		d.opened(bo, me)
		g, b := d.met(bo, boDevice), authorIn(bo, me, chat.Buyer, boDevice)
		data, image := drawing("ok", 600_000)
		f.write(a, shows(image, ""))
		g.write(b, shows(image, ""))
		f.gives(data, 300_000)
		if wants := heardOf[chat.Want](g); len(wants) > 0 {
			t.Errorf("asked both: %+v", wants)
		}
		_, received := d.picture(a.id(1))
		f.down()
		if wants := g.gives(data, len(data)); len(wants) == 0 || wants[0].Offset != received {
			t.Errorf("the other one was asked %+v, not from %d on", wants, received)
		}
		d.wantState(a.id(1), chat.ImageHere)
		d.wantState(b.id(1), chat.ImageHere)
	})
}

// put makes a picture of so many bytes durable here.
func (d *desk) put(begin string, size int) ([]byte, chat.Image) {
	d.Helper()
	data, image := drawing(begin, size)
	hash, err := d.node.PutPicture(context.Background(), data)
	if err != nil || hash != image.Hash {
		d.Fatalf("PutPicture: %v, %v", hash, err)
	}
	return data, image
}

// asks sends a Want and gives the answer.
func (f *far) asks(w chat.Want) []chat.Frame {
	f.heard()
	f.say(w)
	return slices.DeleteFunc(f.heard(), func(x chat.Frame) bool {
		switch x.(type) {
		case chat.Chunks, chat.Absent, chat.Chunk:
			return false
		}
		return true
	})
}

// TestBlobsOpenOnlyFromTheirPlace: DESIGN 8. Who knows a hash and says a wrong place hears what everybody hears of a blob
// that does not exist.
func TestBlobsOpenOnlyFromTheirPlace(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, _ := friend(d)
		stranger := d.met(bo, boDevice)
		_, image := d.put("ok", 100_000)
		m, err := now(d, ask(func(then func(chat.Message, error)) {
			d.node.Post(chat.RoomFor(ann.id, me.id), chat.Draft{Text: "here", Image: &image}, then)
		}))
		if err != nil || m.Picture != chat.ImageHere || m.Kind != chat.KindImage || m.Text != "here" {
			t.Fatalf("%+v, %v", m, err)
		}
		_, photo := d.put("photo", 50_000)
		goods := chat.Goods{Title: "Lamp", Price: chat.Money{Minor: 1, Currency: "CNY"}, Photos: []chat.Photo{photoOf(photo)}}
		shown := d.published(goods)
		hidden := d.published(goods)
		d.revised(hidden.ID, func(_ *chat.Goods, s *chat.Status) { *s = chat.Hidden })
		_, face := d.put("face", 5_000)
		if _, err := now(d, ask(func(then func(chat.SelfView, error)) { d.node.SetSelf(chat.SelfChange{Picture: &face.Hash}, then) })); err != nil {
			t.Fatal(err)
		}

		message := chat.Reference{Kind: chat.InMessage, Mine: chat.Buyer, Author: chat.Seller, Device: myDevice, Seq: 1}
		but := func(change func(*chat.Reference)) chat.Reference {
			r := message
			change(&r)
			return r
		}
		goodsOf := func(l *chat.Listing) chat.Reference { return chat.Reference{Kind: chat.InListing, Listing: l.ID} }
		for name, c := range map[string]struct {
			who  *far
			of   chat.Reference
			hash chat.Hash
			open bool
		}{
			"message":                    {f, message, image.Hash, true},
			"message, third person":      {stranger, message, image.Hash, false},
			"message, other role":        {f, but(func(r *chat.Reference) { r.Mine = chat.Seller }), image.Hash, false},
			"message, other author":      {f, but(func(r *chat.Reference) { r.Author = chat.Buyer }), image.Hash, false},
			"message, no role":           {f, but(func(r *chat.Reference) { r.Mine = 7 }), image.Hash, false},
			"message, no author":         {f, but(func(r *chat.Reference) { r.Author = 7 }), image.Hash, false},
			"message, other seq":         {f, but(func(r *chat.Reference) { r.Seq = 2 }), image.Hash, false},
			"message, other hash":        {f, message, photo.Hash, false},
			"message, unknown hash":      {f, message, chat.Hash{9}, false},
			"goods":                      {stranger, goodsOf(shown), photo.Hash, true},
			"goods, other hash":          {stranger, goodsOf(shown), image.Hash, false},
			"hidden goods":               {stranger, goodsOf(hidden), photo.Hash, false},
			"unknown goods":              {stranger, chat.Reference{Kind: chat.InListing}, photo.Hash, false},
			"portrait":                   {stranger, chat.Reference{Kind: chat.InProfile}, face.Hash, true},
			"portrait, other hash":       {stranger, chat.Reference{Kind: chat.InProfile}, photo.Hash, false},
			"portrait, zero hash":        {stranger, chat.Reference{Kind: chat.InProfile}, chat.Hash{}, false},
			"nowhere":                    {stranger, chat.Reference{}, image.Hash, false},
			"a place of a later version": {stranger, chat.Reference{Kind: 9}, image.Hash, false},
		} {
			answer := c.who.asks(chat.Want{Of: c.of, Hash: c.hash, Count: 10})
			if len(answer) != 1 {
				t.Errorf("%s: answered with %d frames", name, len(answer))
				continue
			}
			if absent, is := answer[0].(chat.Absent); is == c.open || is && absent != (chat.Absent{Hash: c.hash}) {
				t.Errorf("%s: answered %+v", name, answer[0])
			}
			if chunks, is := answer[0].(chat.Chunks); is {
				blob, err := chunks.Open()
				if err != nil || chunks.Hash != c.hash || chunks.Count != 10 {
					t.Errorf("%s: answered %+v, %v", name, chunks, err)
					continue
				}
				_ = blob.Close()
			}
		}

		// A message that is taken back takes its picture along.
		if _, err := now(d, ask(func(then func(struct{}, error)) {
			d.node.Withdraw(m.ID, func(_ chat.Message, _ bool, err error) { then(struct{}{}, err) })
		})); err != nil {
			t.Fatal(err)
		}
		if answer := f.asks(chat.Want{Of: message, Hash: image.Hash, Count: 10}); len(of[chat.Absent](answer)) != 1 {
			t.Errorf("taken back, and answered %+v", answer)
		}
	})
}

func photoOf(i chat.Image) chat.Photo {
	return chat.Photo(i)
}

// TestHP37FloodOfWants: questions beyond what anybody needs are not answered.
func TestHP37FloodOfWants(t *testing.T) {
	playPictures(t, func(d *desk) {
		f := d.met(ann, annDevice)
		f.heard()
		for range 5_000 {
			f.d.wire.events <- chat.FrameReceived{Remote: f.remote(), Frame: chat.Want{Hash: chat.Hash{1}, Count: 1}}
		}
		if n := len(heardOf[chat.Absent](f)); n > 1_000 {
			t.Errorf("%d answers", n)
		}
		d.pass(2 * time.Second)
		if n := len(f.asks(chat.Want{Hash: chat.Hash{1}, Count: 1})); n != 1 {
			t.Errorf("%d answers later", n)
		}
	})
}

func TestPostPictureRefuses(t *testing.T) {
	playPictures(t, func(d *desk) {
		room := d.opened(ann, me)
		_, here := d.put("ok", 1_000)
		_, gone := drawing("elsewhere", 1_000)
		bare, fat, caption := here, here, string(bytes.Repeat([]byte("x"), chat.MaxCaption+1))
		bare.Thumbnail, fat.Thumbnail = nil, make([]byte, chat.MaxThumbnail+1)
		for name, c := range map[string]struct {
			draft chat.Draft
			want  error
		}{
			"fine":         {chat.Draft{Image: &here}, nil},
			"not here":     {chat.Draft{Image: &gone}, chat.ErrNotFound},
			"no thumbnail": {chat.Draft{Image: &bare}, chat.ErrInvalid},
			"thumbnail":    {chat.Draft{Image: &fat}, chat.ErrInvalid},
			"caption":      {chat.Draft{Image: &here, Text: caption}, chat.ErrTooLarge},
			"not UTF-8":    {chat.Draft{Image: &here, Text: "\xff"}, chat.ErrInvalid},
		} {
			if _, err := now(d, ask(func(then func(chat.Message, error)) { d.node.Post(room, c.draft, then) })); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestPhotosComeWhenGoodsAreOpened: D4, C4. The first photo first, each told of.
func TestPhotosComeWhenGoodsAreOpened(t *testing.T) {
	playPictures(t, func(d *desk) {
		f := d.met(ann, annDevice)
		var all [][]byte
		goods := chat.Goods{Title: "Lamp", Price: chat.Money{Minor: 1, Currency: "CNY"}}
		for _, begin := range []string{"one", "two", "three"} {
			data, image := drawing(begin, 90_000)
			all = append(all, data)
			goods.Photos = append(goods.Photos, photoOf(image))
		}
		l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: 5, Status: chat.Available}
		l.SetGoods(goods)
		l.Sign(ann.key)
		f.say(chat.ListingsFrame{Records: [][]byte{l.Encode()}, Digest: chat.ListingDigest(l)})
		if wants := heardOf[chat.Want](f); len(wants) > 0 {
			t.Fatalf("asked for photos nobody looks at: %+v", wants)
		}
		f.down()
		asked[visited](d.wire)
		d.node.FetchPhotos(ann.id, l.ID)
		if v := asked[visited](d.wire); len(v) != 1 || chat.PeerID(v[0]) != ann.id {
			t.Errorf("visits %v", v)
		}
		d.told()
		f.up()
		for i, data := range all {
			if state, _ := d.node.ImageState(goods.Photos[i].Image()); state != chat.ImageFetching {
				t.Errorf("photo %d is %v", i, state)
			}
			wants := heardOf[chat.Want](f)
			first := slices.IndexFunc(wants, func(w chat.Want) bool { return w.Count > 0 })
			if first < 0 || wants[first].Hash != goods.Photos[i].Hash || wants[first].Of != (chat.Reference{Kind: chat.InListing, Listing: l.ID}) {
				t.Fatalf("photo %d: wants %+v", i, wants)
			}
			f.say(chat.Chunk{Hash: goods.Photos[i].Hash, Size: 90_000, Data: data[:chat.ChunkBytes]},
				chat.Chunk{Hash: goods.Photos[i].Hash, Size: 90_000, Offset: chat.ChunkBytes, Data: data[chat.ChunkBytes:]})
			if state, _ := d.node.ImageState(goods.Photos[i].Image()); state != chat.ImageHere {
				t.Errorf("photo %d is %v", i, state)
			}
			if told := toldOf[chat.ListingChanged](d); len(told) == 0 {
				t.Errorf("photo %d: nobody is told", i)
			}
		}
	})
}

// TestPortraitComes: X11, a face comes by itself, and a new one replaces it.
func TestPortraitComes(t *testing.T) {
	playPictures(t, func(d *desk) {
		f := d.met(ann, annDevice)
		for version, size := range []int{4_000, chat.MaxThumbnail} {
			data, image := drawing("face", size)
			p := &chat.Profile{Peer: ann.id, Version: uint64(version + 1), Name: "Ann", Picture: image.Hash}
			p.Sign(ann.key)
			f.say(chat.ProfileFrame{Record: p.Encode()})
			f.gives(data, len(data))
			if got, err := d.node.ReadPicture(d.node.Peer(ann.id).Picture); err != nil || !bytes.Equal(got, data) {
				t.Errorf("version %d: %d bytes, %v", version, len(got), err)
			}
			if told := toldOf[chat.PeerChanged](d); len(told) == 0 {
				t.Error("nobody is told")
			}
		}
		_, image := drawing("face", chat.MaxThumbnail+1)
		p := &chat.Profile{Peer: ann.id, Version: 9, Name: "Ann", Picture: image.Hash}
		p.Sign(ann.key)
		f.say(chat.ProfileFrame{Record: p.Encode()})
		f.heard()
		f.say(chat.Chunk{Hash: image.Hash, Size: image.Size, Data: make([]byte, chat.MaxThumbnail)})
		if s := d.disk.Blob(image.Hash); s.Received != 0 {
			t.Errorf("%d bytes of a face that is too large", s.Received)
		}
	})
}

// TestImageSent: the sender sees how far the other side is.
func TestImageSent(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, _ := friend(d)
		_, image := d.put("ok", 100_000)
		m, err := now(d, ask(func(then func(chat.Message, error)) {
			d.node.Post(chat.RoomFor(ann.id, me.id), chat.Draft{Image: &image}, then)
		}))
		if err != nil {
			t.Fatal(err)
		}
		d.told()
		ref := chat.Reference{Kind: chat.InMessage, Mine: chat.Buyer, Author: chat.Seller, Device: myDevice, Seq: 1}
		f.say(chat.Want{Of: ref, Hash: image.Hash, Offset: 65_536, Count: 100}, chat.Want{Of: ref, Hash: image.Hash, Offset: image.Size + 1})
		if told := toldOf[chat.ImageSent](d); len(told) != 2 || told[1] != (chat.ImageSent{ID: m.ID, Bytes: image.Size, Size: image.Size}) {
			t.Errorf("told %+v", told)
		}
	})
}

// TestPicturesLeaveWordsTime: however fast the other side gives, only so much of a large picture is wanted in a second,
// after the first megabyte; and in pieces that a word can overtake.
func TestPicturesLeaveWordsTime(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		data, image := drawing("ok", 6<<20)
		f.write(a, shows(image, ""))
		begun, last := time.Now(), uint32(0)
		for last < image.Size {
			for _, w := range f.gives(data, len(data)) {
				if w.Count > chat.ChunkBytes {
					t.Fatalf("wants %d bytes at once", w.Count)
				}
				last = w.Offset + w.Count
			}
			if most := time.Since(begun)*24<<20/time.Second + 1<<20 + 2*chat.ChunkBytes; time.Duration(last) > most {
				t.Fatalf("wanted %d bytes in %v", last, time.Since(begun))
			}
			d.pass(time.Millisecond)
		}
		if took := time.Since(begun); took > 500*time.Millisecond {
			t.Errorf("6 MB took %v", took)
		}
		d.wantState(a.id(1), chat.ImageHere)
	})
}
