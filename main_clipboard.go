//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"

	"haggle/clipboard"
	"haggle/ui"
)

// board is the system's clipboard for the window: it is a ui.Board.
type board struct{ clipboard.Board }

// Paste is for the window.
func (b *board) Paste(ctx context.Context, limit int64) ([]byte, error) {
	data, err := b.Read(ctx, limit)
	return data, boardFailure(err)
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
