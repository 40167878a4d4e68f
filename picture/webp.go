package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// readWebPHeader reads the chunks of a WebP file, but decodes nothing.
func readWebPHeader(s *source) (header, error) {
	h := header{kind: webpFile, orientation: 1}
	r := bufio.NewReader(s.read())
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return h, err
	}
	left := int64(binary.LittleEndian.Uint32(riff[4:])) - 4
	var canvas size
	alpha := false
	for left >= 8 {
		var start [8]byte
		if _, err := io.ReadFull(r, start[:]); err != nil {
			return h, err
		}
		name, length := string(start[:4]), int64(binary.LittleEndian.Uint32(start[4:]))
		left -= 8 + length + length&1
		body := make([]byte, min(length, 10))
		if name == "EXIF" {
			body = make([]byte, min(length, maxEXIF))
		}
		if _, err := io.ReadFull(r, body); err != nil {
			return h, err
		}
		switch name {
		case "VP8X":
			if len(body) < 10 {
				return h, errors.New("a short chunk")
			}
			canvas = size{1 + int(body[4]) + int(body[5])<<8 + int(body[6])<<16, 1 + int(body[7]) + int(body[8])<<8 + int(body[9])<<16}
		case "ANIM", "ANMF":
			return h, fmt.Errorf("%w: it moves", ErrUnsupported)
		case "ALPH":
			alpha = true
		case "VP8 ", "VP8L":
			if h.w != 0 {
				return h, errors.New("two pictures")
			}
			if err := h.readWebPPicture(name, body, length, alpha); err != nil {
				return h, err
			}
			if canvas != (size{}) && canvas != h.size {
				return h, errors.New("a canvas of another size")
			}
		case "EXIF":
			exif := body
			if len(exif) > 6 && string(exif[:6]) == "Exif\x00\x00" {
				exif = exif[6:]
			}
			h.orientation = readOrientation(exif)
		}
		if _, err := io.CopyN(io.Discard, r, length+length&1-int64(len(body))); err != nil {
			if errors.Is(err, io.EOF) && h.w != 0 && left <= 0 {
				break // the last byte of padding is missing
			}
			return h, err
		}
	}
	if h.w == 0 {
		return h, errors.New("no picture in it")
	}
	return h, nil
}

// readWebPPicture reads the start of the chunk with the pixels and tells what golang.org/x/image/webp takes for it.
func (h *header) readWebPPicture(name string, body []byte, length int64, alpha bool) error {
	if name == "VP8L" {
		if len(body) < 5 || body[0] != 0x2f {
			return errors.New("no lossless picture")
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		h.size = size{1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)}
		h.lossless = true
		h.memory = memory{decoding: losslessWebP(h.pixels()), decoded: 4 * h.pixels(), perPixel: perPixelNRGBA, asIs: true}
		return nil
	}
	if len(body) < 10 || body[0]&1 != 0 || string(body[3:6]) != "\x9d\x01\x2a" {
		return errors.New("no key frame")
	}
	h.size = size{int(body[6]) | int(body[7]&0x3f)<<8, int(body[8]) | int(body[9]&0x3f)<<8}
	blocks := int64((h.w+15)/16) * int64((h.h+15)/16)
	h.memory = memory{decoding: blocks*(256*3/2+16) + length, decoded: blocks * 256 * 3 / 2, perPixel: perPixelYCbCr, asIs: true}
	if alpha {
		h.decoding += losslessWebP(h.pixels()) + h.pixels()
		h.decoded += h.pixels()
		h.perPixel, h.asIs = perPixelNRGBA, false
	}
	return nil
}

// losslessWebP is what golang.org/x/image/vp8l takes for the pixels alone: themselves, packed indices of colours, and
// three pictures of parameters with a sixteenth of the pixels each. It takes more for Huffman trees, up to 130 MB for a
// file of 1 MB, whose number no header tells; that is what source.maxHeap is for.
func losslessWebP(pixels int64) int64 { return 4*pixels + 2*pixels + 3*pixels/4 }
