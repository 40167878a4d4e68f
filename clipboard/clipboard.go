// Package clipboard takes a picture from the system's clipboard and puts one there. Text is the toolkit's business.
//
// The common case: a Board, whose zero value is ready. Read returns the file of the picture that somebody copied, Write
// offers one to the other programs until they copy something else.
//
// What the package guarantees: whatever another program does with the clipboard, reading ends within a deadline, takes no
// more memory than the limit that the caller names, and what it returns is bytes that nobody looked at: they are for package
// picture. Where there is no way to the clipboard the error says so. On Linux and the BSDs that way is X11; desktops with
// Wayland offer it to programs like this one through Xwayland. The methods may be called from any goroutine, and block.
package clipboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Why there is no picture to be had, or none can be put there. Errors wrap one of these, or the context's.
var (
	// ErrNone: what is in the clipboard is no picture of a kind that is taken here, or there is nothing.
	ErrNone = errors.New("there is no picture in the clipboard")
	// ErrTooLarge: it has more bytes than the limit.
	ErrTooLarge = errors.New("the picture in the clipboard is too large")
	// ErrUnavailable: this system's clipboard cannot be reached for pictures.
	ErrUnavailable = errors.New("pictures cannot be copied or pasted here")
)

// patience is how long the program that owns the clipboard may take.
const patience = 10 * time.Second

// Board is the system's clipboard as far as pictures go. The zero value is ready; Close it. It must not be copied.
type Board struct {
	mu   sync.Mutex
	held *offer // nil: nothing of ours is in the clipboard
}

// Read returns the picture in the clipboard as a file of at most limit bytes: PNG, JPEG, WebP or GIF, if the program that
// copied it says true.
func (b *Board) Read(ctx context.Context, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	data, err := read(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("read the clipboard: %w", err)
	}
	return data, nil
}

// Write puts a picture into the clipboard, as a PNG file, which must not change any more. It stays until another program
// copies something, Write is called again, or Close.
func (b *Board) Write(ctx context.Context, png []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	held, err := makeOffer(ctx, png)
	if err != nil {
		return fmt.Errorf("write the clipboard: %w", err)
	}
	b.held = held
	return nil
}

// Close takes back what Write offered, where the system does not keep it, and returns when all that was started has ended.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release()
}

func (b *Board) release() {
	if b.held != nil {
		b.held.end()
		b.held = nil
	}
}
