package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

// Picture is one that is ready to travel.
type Picture struct {
	Image chat.Image // what is said of it, with its thumbnail
	Small []byte     // a thumbnail of at most chat.MaxSmallThumb bytes
	Data  []byte     // the whole file
}

// Prepare makes a picture ready to travel: a file of size bytes that a person chose, as package picture does. With
// original it keeps its sides. It may take seconds. Its errors wrap one of those below, or the context's.
type Prepare func(ctx context.Context, file io.ReaderAt, size int64, original bool) (Picture, error)

// Why Prepare refuses a picture.
var (
	ErrNoPicture       = errors.New("not a kind of picture that is taken")
	ErrPictureTooLarge = errors.New("the picture is too large")
	ErrPictureDamaged  = errors.New("the picture is damaged")
)

// errFolder says that a folder was given for a picture.
var errFolder = errors.New("a folder")

// prepare makes the picture in a file that a person chose ready to travel. Off the UI's goroutine.
func (k *kit) prepare(path string, original bool) (Picture, error) {
	info, err := os.Stat(path) // before opening: that would wait for a pipe's other end
	if err != nil {
		return Picture{}, err
	}
	if info.IsDir() {
		return Picture{}, errFolder
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return Picture{}, fmt.Errorf("a file of kind %v: %w", info.Mode().Type(), ErrNoPicture)
	}
	file, err := os.Open(path)
	if err != nil {
		return Picture{}, err
	}
	defer func() { _ = file.Close() }()
	return k.ready(k.ctx, file, info.Size(), original)
}

// refused says in words why a picture that a person chose is not taken.
func (k *kit) refused(err error) string {
	switch {
	case errors.Is(err, ErrPictureTooLarge), errors.Is(err, chat.ErrTooLarge):
		return k.say("picture.tooLarge")
	case errors.Is(err, errFolder):
		return k.say("picture.folder")
	case errors.Is(err, ErrPictureDamaged):
		return k.say("picture.damaged")
	case errors.Is(err, ErrNoPicture):
		return k.say("picture.unsupported")
	case errors.Is(err, chat.ErrDiskFull):
		return k.say("failed.diskFull")
	default:
		return k.say("picture.unreadable")
	}
}

// dropper is a pane on which files can be dropped.
type dropper interface{ dropped(paths []string) }

// drop gives files that were dropped on the window to the pane in front.
func (a *App) drop(_ fyne.Position, files []fyne.URI) {
	to, ok := a.frame.front().(dropper)
	if !ok || a.intro != nil {
		a.kit.toast(a.kit.say("picture.elsewhere"))
		return
	}
	var paths []string
	for _, f := range files {
		if f.Scheme() == "file" {
			paths = append(paths, f.Path())
		}
	}
	if len(paths) > 0 {
		to.dropped(paths)
	}
}
