package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"haggle/chat"
	"haggle/picture"
	"haggle/rpc"
)

// preparePicture makes a picture that a person chose ready to travel: it is rpc.Prepare.
func preparePicture(ctx context.Context, file io.ReaderAt, size int64, original bool) (rpc.Picture, error) {
	p, err := picture.Prepare(ctx, file, size, picture.Options{Original: original})
	if err != nil {
		return rpc.Picture{}, refusedPicture(err)
	}
	return rpc.Picture{Data: p.Data, Image: imageOf(p), SmallThumb: p.Small}, nil
}

// imageOf is what a message says of a picture.
func imageOf(p *picture.Prepared) chat.Image {
	return chat.Image{
		Hash: chat.Hash(p.Hash), Size: uint32(len(p.Data)), Width: uint32(p.Width), Height: uint32(p.Height), Type: p.Type,
		Thumbnail: p.Thumbnail,
	}
}

// refusedPicture tells a person what is wrong with a picture that they chose.
func refusedPicture(err error) error {
	switch {
	case errors.Is(err, picture.ErrUnsupported):
		return rpc.Fail(rpc.UnsupportedImage, "The file is not a kind of picture that is taken; give a JPEG, PNG, GIF or WebP file.")
	case errors.Is(err, picture.ErrTooLarge):
		return rpc.Fail(rpc.TooLarge, "The picture has too many bytes or pixels; make it smaller.")
	case errors.Is(err, picture.ErrDamaged):
		return rpc.Fail(rpc.UnsupportedImage, "The picture is damaged; save it anew or give another one.")
	case errors.Is(err, picture.ErrSlow):
		return rpc.Fail(rpc.UnsupportedImage, "The picture takes too long to decode; save it anew in a simpler form.")
	default:
		return err
	}
}

// checkPicture is the gate for what peers send: a picture, and the one that was spoken of.
func checkPicture(ctx context.Context, data []byte, want chat.Image, portrait bool) error {
	if portrait {
		_, err := picture.CheckThumbnail(data)
		return err
	}
	const side = picture.MaxSide
	original := want.Size > picture.MaxBytes || want.Width > side || want.Height > side
	is, err := picture.Check(ctx, data, picture.Options{Original: original})
	if err == nil && (is.Type != want.Type || is.Width != int(want.Width) || is.Height != int(want.Height)) {
		err = fmt.Errorf("it is a %s of %d x %d pixels; what was said is otherwise", is.Type, is.Width, is.Height)
	}
	return err
}
