package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// squaresEdge is the edge of a code to scan, in squares.
const squaresEdge = 4

// newSquares draws a field of black and white squares, at most as large as most if a square is a point at least.
func newSquares(side int, most float32, black func(x, y int) bool) fyne.CanvasObject {
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
	scale := max(1, int(most)/all)
	return newSized(float32(all*scale), float32(all*scale), container.NewStack(drawing))
}
