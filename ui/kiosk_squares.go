package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// The lengths of a code to scan, in pixels of its own.
const (
	squaresEdge         = 4
	squaresSide float32 = 208
)

// newSquares draws a field of black and white squares.
func newSquares(side int, black func(x, y int) bool) fyne.CanvasObject {
	all := side + 2*squaresEdge
	img := image.NewPaletted(image.Rect(0, 0, all, all), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if black(x, y) {
				img.SetColorIndex(x+squaresEdge, y+squaresEdge, 1)
			}
		}
	}
	drawing := canvas.NewImageFromImage(img)
	drawing.ScaleMode, drawing.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
	scale := max(1, int(squaresSide)/all)
	return newSized(float32(all*scale), float32(all*scale), container.NewStack(drawing))
}
