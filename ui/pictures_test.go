package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"testing"

	"haggle/chat"
)

// TestPictureDecodedTooLate: a machine that was too busy to decode a picture in time tries again when the others are done; one
// that is never done in time, or is refused, is let be.
func TestPictureDecodedTooLate(t *testing.T) {
	var posted []func()
	var mu sync.Mutex
	var busy sync.WaitGroup
	k := &kit{ctx: t.Context(), busy: &busy, post: func(f func()) {
		mu.Lock()
		defer mu.Unlock()
		posted = append(posted, f)
	}}
	tries := map[string]int{}
	decode := func(data []byte) (image.Image, error) {
		mu.Lock()
		defer mu.Unlock()
		name := string(data)
		tries[name]++
		switch {
		case name == "busy" && tries[name] == 1, name == "never":
			return nil, fmt.Errorf("too late: %w", context.DeadlineExceeded)
		case name == "refused":
			return nil, errors.New("no picture")
		}
		return image.NewRGBA(image.Rect(0, 0, 2, 2)), nil
	}
	p := newPictures(k, &Config{DecodeThumbnail: decode})
	shown := map[string][]bool{}
	names := []string{"busy", "never", "refused", "good"}
	for i, name := range names {
		p.small(chat.Hash{byte(i)}, []byte(name), func(i image.Image) { shown[name] = append(shown[name], i != nil) })
	}
	for range 20 {
		busy.Wait()
		mu.Lock()
		now := posted
		posted = nil
		mu.Unlock()
		for _, f := range now {
			f()
		}
	}
	for name, want := range map[string]int{"busy": 2, "never": maxTries, "refused": 1, "good": 1} {
		good := name == "busy" || name == "good"
		if tries[name] != want || !slices.Equal(shown[name], []bool{good}) {
			t.Errorf("%s: tried %d times, shown %v, want %d and %v", name, tries[name], shown[name], want, good)
		}
	}
}
