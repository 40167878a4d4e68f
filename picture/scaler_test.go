package picture

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// meanOf is what the scaler computes, computed the slow way.
func meanOf(from plane, to size, x, y, channel int, weight func(x, y int) float64) float64 {
	left, right := float64(x)*float64(from.w)/float64(to.w), float64(x+1)*float64(from.w)/float64(to.w)
	top, bottom := float64(y)*float64(from.h)/float64(to.h), float64(y+1)*float64(from.h)/float64(to.h)
	sum, area := 0.0, 0.0
	for sy := int(top); sy < from.h && float64(sy) < bottom; sy++ {
		for sx := int(left); sx < from.w && float64(sx) < right; sx++ {
			covered := (math.Min(right, float64(sx+1)) - math.Max(left, float64(sx))) * (math.Min(bottom, float64(sy+1)) - math.Max(top, float64(sy)))
			covered *= weight(sx, sy)
			sum += covered * float64(from.row(sy)[sx*from.channels+channel])
			area += covered
		}
	}
	if area == 0 {
		return 0
	}
	return sum / area
}

func TestScalerTakesTheMean(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		from := newPlane(size{1 + random.IntN(40), 1 + random.IntN(40)}, []int{1, 4}[random.IntN(2)])
		for i := range from.pix {
			from.pix[i] = byte(random.IntN(256))
		}
		to := newPlane(size{1 + random.IntN(50), 1 + random.IntN(50)}, from.channels) // sometimes larger
		to.draw(from, 1)
		for y := range to.h {
			for x := range to.w {
				for channel := range to.channels {
					weight := func(int, int) float64 { return 1 }
					if to.channels == 4 && channel < 3 {
						weight = func(x, y int) float64 { return float64(from.row(y)[x*4+3]) }
					}
					got := float64(to.row(y)[x*to.channels+channel])
					if want := meanOf(from, to.size, x, y, channel, weight); math.Abs(got-want) > 0.501 {
						t.Fatalf("%v to %v, channel %d of %d at %d, %d: %v, want %.3f", from.size, to.size, channel, to.channels, x, y, got, want)
					}
				}
			}
		}
	}
}

// TestScalerDoesNotOverflow scales the brightest picture of the longest sides.
func TestScalerDoesNotOverflow(t *testing.T) {
	for _, s := range []size{{MaxOriginalSide, 3}, {3, MaxOriginalSide}} {
		img := image.NewNRGBA(image.Rect(0, 0, s.w, s.h))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		got := scaled(img, size{1, 1}).(*image.NRGBA)
		if got.NRGBAAt(0, 0) != (color.NRGBA{255, 255, 255, 255}) {
			t.Errorf("%v of white are %v", s, got.Pix)
		}
	}
}

func TestTransparentPixelsDoNotColour(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 255})
	img.SetNRGBA(1, 0, color.NRGBA{0, 255, 0, 0})
	got := scaled(img, size{1, 1}).(*image.NRGBA).NRGBAAt(0, 0)
	if got != (color.NRGBA{200, 100, 50, 128}) {
		t.Errorf("%v", got)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		from size
		side int
		want size
	}{
		{size{100, 50}, 100, size{100, 50}},
		{size{100, 50}, 10, size{10, 5}},
		{size{50, 100}, 10, size{5, 10}},
		{size{65535, 1}, 256, size{256, 1}},
		{size{1, 65535}, 256, size{1, 256}},
		{size{3, 2}, 1, size{1, 1}},
		{size{4000, 3000}, 256, size{256, 192}},
	} {
		if got := c.from.within(c.side); got != c.want {
			t.Errorf("%v within %d is %v, want %v", c.from, c.side, got, c.want)
		}
	}
}
