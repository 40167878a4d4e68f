package picture

import "io"

// readGIFHeader reads the sides of a GIF file's canvas.
func readGIFHeader(s *source) (header, error) {
	h := header{kind: gifFile, orientation: 1, lossless: true}
	var start [10]byte
	if _, err := io.ReadFull(s.read(), start[:]); err != nil {
		return h, err
	}
	h.size = size{int(start[7])<<8 | int(start[6]), int(start[9])<<8 | int(start[8])}
	// One byte a pixel, and once more if the rows are interlaced.
	h.memory = memory{decoding: 2 * h.pixels(), decoded: h.pixels(), perPixel: perPixelNRGBA}
	return h, nil
}
