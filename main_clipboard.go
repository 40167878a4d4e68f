//go:build !headless

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"

	"haggle/clipboard"
	"haggle/picture"
	"haggle/ui"
)

// board is the system's clipboard for the window: it is a ui.Board.
type board struct{ clipboard.Board }

// Paste is for the window.
func (b *board) Paste(ctx context.Context, limit int64) ([]byte, error) {
	data, err := b.Read(ctx, limit)
	return data, boardFailure(err)
}

// Copy is for the window. Every program takes PNG files; a JPEG file becomes one.
func (b *board) Copy(ctx context.Context, file []byte) error {
	if !bytes.HasPrefix(file, []byte("\x89PNG")) {
		img, err := picture.Decode(ctx, file, picture.MaxSide)
		if err != nil {
			return err
		}
		var made bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&made, img); err != nil {
			return err
		}
		file = made.Bytes()
	}
	return boardFailure(b.Write(ctx, file))
}

// boardFailure says in the window's words what went wrong.
func boardFailure(err error) error {
	switch {
	case errors.Is(err, clipboard.ErrNone):
		return fmt.Errorf("%w: %w", ui.ErrNoPicture, err)
	case errors.Is(err, clipboard.ErrTooLarge):
		return fmt.Errorf("%w: %w", ui.ErrPictureTooLarge, err)
	case errors.Is(err, clipboard.ErrUnavailable):
		return fmt.Errorf("%w: %w", ui.ErrNoBoard, err)
	default:
		return err
	}
}
