package ui

import (
	"context"
	"errors"
)

// Board is the system's clipboard as far as pictures go. Called off the UI's goroutine.
type Board interface {
	// Paste returns the picture in the clipboard as a file of at most limit bytes, which nobody has looked at. The error
	// wraps ErrNoPicture if there is none, ErrPictureTooLarge, ErrNoBoard, or the context's.
	Paste(ctx context.Context, limit int64) ([]byte, error)
}

// ErrNoBoard says that this system has no clipboard for pictures.
var ErrNoBoard = errors.New("pictures cannot be copied or pasted here")

// paste takes the picture from the clipboard. Off the UI's goroutine.
func (k *kit) paste(limit int64) ([]byte, error) {
	if k.board == nil {
		return nil, ErrNoBoard
	}
	return k.board.Paste(k.ctx, limit)
}
