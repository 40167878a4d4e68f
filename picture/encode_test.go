package picture

import (
	"image"
	"testing"
)

func TestEstimateJPEG(t *testing.T) {
	for name, img := range map[string]image.Image{"photo": photo(1600, 1200, 1), "noise": onWhite(noise(1200, 1100))} {
		_, n, err := writeJPEG(img, 80, 0)
		if err != nil {
			t.Fatal(err)
		}
		guess, err := estimateJPEG(img, 80)
		if err != nil {
			t.Fatal(err)
		}
		if guess < n*9/10 || guess > n*12/10 {
			t.Errorf("%s: %d bytes, but the estimate is %d", name, n, guess)
		}
	}
	if guess, err := estimateJPEG(photo(100, 100, 1), 80); guess != 0 || err != nil {
		t.Errorf("a small picture was estimated: %d, %v", guess, err)
	}
}

func TestLower(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 1000, 800))
	for _, c := range []struct {
		name      string
		q         int
		fits      float64
		keepSides bool
		wantQ     int
		wantWidth int
	}{
		{"a little too long", 0, 0.9, false, 1, 1000},
		{"much too long", 0, 0.65, false, 3, 1000},
		{"a quarter too long at the last", lastQuality, 0.8, false, lastQuality, 880},
		{"hopeless", 0, 0.1, false, lastQuality, 408},
		{"hopeless, but an original", 0, 0.1, true, lastQuality, 1000},
	} {
		got, q := lower(img, c.q, c.fits, c.keepSides)
		if width := sizeOf(got).w; q != c.wantQ || width < c.wantWidth-9 || width > c.wantWidth+9 {
			t.Errorf("%s: quality %d and %d pixels, want %d and about %d", c.name, q, width, c.wantQ, c.wantWidth)
		}
	}
}
