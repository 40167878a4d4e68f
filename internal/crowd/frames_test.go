package crowd

import (
	"testing"
)

// BenchmarkFrames is what the wheel costs: Scrolled, layout and the picture of the whole window.
func BenchmarkFrames(b *testing.B) {
	d := openYears(b)
	d.until("the market", func() bool { return d.says("Bicycle") })
	b.Run("market", func(b *testing.B) { frames(b, d, goodsX, goodsY, -60) })
	d.tap(railX, chatsY)
	d.until("the inbox", func() bool { return d.says("Tom Baker 1") })
	b.Run("inbox", func(b *testing.B) { frames(b, d, listX, firstRow, -60) })
	d.scroll(listX, firstRow, 1e6)
	d.tap(listX, firstRow)
	d.until("the room", func() bool { return d.says("Message 99998") })
	b.Run("room", func(b *testing.B) { frames(b, d, roomX, roomY, 60) })
}

func frames(b *testing.B, d *desk, x, y, step float32) {
	d.frame()
	var took times
	for b.Loop() {
		for d.pump.turn() { // pages and pictures come between frames
		}
		took.take(func() {
			d.scroll(x, y, step)
			d.frame()
		})
	}
	took.report(b)
}
