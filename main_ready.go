//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"haggle/picture"
	"haggle/ui"
)

// readyPicture makes a picture that a person chose ready to travel: it is ui.Prepare.
func readyPicture(ctx context.Context, file io.ReaderAt, size int64, original bool) (ui.Picture, error) {
	p, err := picture.Prepare(ctx, file, size, picture.Options{Original: original})
	if err != nil {
		return ui.Picture{}, refusedByGate(err)
	}
	return ui.Picture{Data: p.Data, Image: imageOf(p), Small: p.Small}, nil
}

// refusedByGate says in the window's terms why a picture is not taken.
func refusedByGate(err error) error {
	switch {
	case errors.Is(err, picture.ErrUnsupported):
		return fmt.Errorf("%w: %w", ui.ErrNoPicture, err)
	case errors.Is(err, picture.ErrTooLarge), errors.Is(err, picture.ErrSlow):
		return fmt.Errorf("%w: %w", ui.ErrPictureTooLarge, err)
	case errors.Is(err, picture.ErrDamaged):
		return fmt.Errorf("%w: %w", ui.ErrPictureDamaged, err)
	default:
		return err
	}
}
