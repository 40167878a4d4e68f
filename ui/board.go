package ui

import (
	"context"
	"errors"

	"haggle/chat"
)

// Board is the system's clipboard as far as pictures go. Called off the UI's goroutine.
type Board interface {
	// Paste returns the picture in the clipboard as a file of at most limit bytes, which nobody has looked at. The error
	// wraps ErrNoPicture if there is none, ErrPictureTooLarge, ErrNoBoard, or the context's.
	Paste(ctx context.Context, limit int64) ([]byte, error)
	// Copy puts a picture into the clipboard, given as a file that Decode takes. The error wraps ErrNoBoard or the context's.
	Copy(ctx context.Context, file []byte) error
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

// copyPicture puts a picture into the clipboard and tells what came of it.
func (k *kit) copyPicture(h chat.Hash, tell func(string)) {
	read(k, func() (struct{}, error) {
		if k.board == nil {
			return struct{}{}, ErrNoBoard
		}
		file, err := k.node.ReadPicture(h)
		if err == nil {
			err = k.board.Copy(k.ctx, file)
		}
		return struct{}{}, err
	}, func(_ struct{}, err error) {
		switch {
		case err == nil:
			tell(k.say("photo.copied"))
		case errors.Is(err, chat.ErrNotFound):
			tell(k.say("save.notHere"))
		case errors.Is(err, ErrNoBoard):
			tell(k.say("photo.copyCannot"))
		default:
			k.log.Error("Picture not copied", "err", err)
			tell(k.say("photo.copyFailed"))
		}
	})
}
