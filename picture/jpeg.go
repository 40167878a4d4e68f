package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Markers of a JPEG file.
const (
	markerSOF0, markerSOF1, markerSOF2 = 0xc0, 0xc1, 0xc2 // baseline, extended, progressive
	markerDHT, markerDQT, markerDRI    = 0xc4, 0xdb, 0xdd
	markerRST0, markerRST7             = 0xd0, 0xd7
	markerSOI, markerEOI, markerSOS    = 0xd8, 0xd9, 0xda
	markerAPP0, markerAPP1             = 0xe0, 0xe1
	markerAPP14, markerAPP15           = 0xee, 0xef
	markerCOM                          = 0xfe
)

// maxScans bounds the passes over a picture. Encoders make about ten; each may cost as much as the whole picture and
// takes only bytes to write.
const maxScans = 100

// jpegSegments reads a JPEG file piece by piece: bytes up to a marker, the marker, its segment's body, and again.
type jpegSegments struct {
	r      *bufio.Reader
	marker byte
	body   []byte // valid until the next call of next
	pair   [2]byte
}

func newJPEGSegments(r *reading) (*jpegSegments, error) {
	s := &jpegSegments{r: bufio.NewReaderSize(r, r.source.buffer())}
	var start [2]byte
	if _, err := io.ReadFull(s.r, start[:]); err != nil {
		return nil, err
	}
	if start != [2]byte{0xff, markerSOI} {
		return nil, errors.New("no start of image")
	}
	return s, nil
}

// next moves on to the next segment. The bytes before its marker go to data: they are compressed pixels after a scan's
// header, and nothing that belongs there after any other. After the end of image there is no body.
func (s *jpegSegments) next(data io.Writer) (skipped int64, err error) {
	if skipped, err = s.seek(data); err != nil || s.marker == markerEOI {
		return skipped, err
	}
	var length [2]byte
	if _, err := io.ReadFull(s.r, length[:]); err != nil {
		return skipped, err
	}
	n := int(length[0])<<8 | int(length[1])
	if n < 2 {
		return skipped, errors.New("a segment that is shorter than its own length")
	}
	s.body = slices.Grow(s.body[:0], n-2)[:n-2]
	_, err = io.ReadFull(s.r, s.body)
	return skipped, err
}

// seek finds the next marker that ends compressed pixels. Stuffed bytes and restart markers are part of them.
func (s *jpegSegments) seek(data io.Writer) (skipped int64, err error) {
	for {
		chunk, err := s.r.ReadSlice(0xff)
		full := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !full {
			return skipped, err
		}
		if !full {
			chunk = chunk[:len(chunk)-1]
		}
		skipped += int64(len(chunk))
		if _, err := data.Write(chunk); err != nil {
			return skipped, err
		}
		if full {
			continue
		}
		marker, err := s.r.ReadByte()
		for marker == 0xff && err == nil { // a marker may be preceded by any number of these
			skipped++
			marker, err = s.r.ReadByte()
		}
		if err != nil {
			return skipped, err
		}
		if marker != 0 && (marker < markerRST0 || marker > markerRST7) {
			s.marker = marker
			return skipped, nil
		}
		skipped += 2
		s.pair = [2]byte{0xff, marker}
		if _, err := data.Write(s.pair[:]); err != nil {
			return skipped, err
		}
	}
}

// readJPEGHeader reads the whole structure of a JPEG file, but decodes nothing.
func readJPEGHeader(s *source) (header, error) {
	h := header{kind: jpegFile, orientation: 1}
	file := s.read()
	segments, err := newJPEGSegments(file)
	if err != nil {
		return h, err
	}
	var frame jpegFrame
	scans, inScan, oriented := 0, false, false
	for {
		skipped, err := segments.next(io.Discard)
		if err != nil {
			return h, err
		}
		if skipped > 0 && !inScan {
			h.note("bytes between segments")
		}
		body := segments.body
		inScan = segments.marker == markerSOS
		switch m := segments.marker; m {
		case markerEOI:
			if file.total-int64(segments.r.Buffered()) != s.size {
				h.note("bytes after the end")
			}
			if scans == 0 {
				return h, errors.New("no pixels")
			}
			h.size = frame.size
			h.memory = frame.memory()
			return h, nil
		case markerSOF0, markerSOF1, markerSOF2:
			if err := frame.read(m, body); err != nil {
				return h, err
			}
		case markerSOS:
			if scans++; scans > maxScans {
				return h, fmt.Errorf("%w: it has more than %d scans", ErrSlow, maxScans)
			}
		case markerDQT, markerDHT, markerDRI:
		case markerAPP0:
			if !bytes.Equal(body, jfif) {
				h.note("an APP0 segment")
			}
		case markerAPP1:
			h.note("an APP1 segment")
			if exif, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && !oriented {
				h.orientation, oriented = readOrientation(exif), true
			}
		case markerAPP14:
			kept, ok := adobe(body)
			frame.adobeRGB = frame.adobeRGB || ok && kept[11] == 0
			if !ok || len(body) != len(kept) {
				h.note("an APP14 segment")
			}
		default:
			if m != markerCOM && (m < markerAPP0 || m > markerAPP15) {
				return h, fmt.Errorf("%w: a segment of type %#x", ErrUnsupported, m)
			}
			h.note(fmt.Sprintf("a segment of type %#x", m))
		}
	}
}

// note remembers the first thing in a file that is not needed to draw the picture.
func (h *header) note(what string) {
	if h.foreign == "" {
		h.foreign = what
	}
}

// jfif is the body of the APP0 segment that says how colours are meant; the one that travels says nothing else.
var jfif = []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")

// adobe is the part that travels of Adobe's segment, which also says how colours are meant.
func adobe(body []byte) ([]byte, bool) {
	if len(body) < 12 || string(body[:5]) != "Adobe" {
		return nil, false
	}
	return body[:12], true
}

// jpegFrame is what a JPEG file's frame header says.
type jpegFrame struct {
	size
	progressive bool
	adobeRGB    bool // it may be stored as red, green and blue
	components  []jpegComponent
}

type jpegComponent struct {
	id   byte
	h, v int64 // how many blocks it has in each unit of blocks
}

func (f *jpegFrame) read(marker byte, body []byte) error {
	if f.components != nil {
		return errors.New("two frames")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return errors.New("a frame header of the wrong length")
	}
	f.progressive = marker == markerSOF2
	f.size = size{int(body[3])<<8 | int(body[4]), int(body[1])<<8 | int(body[2])}
	if n := body[5]; n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("%w: %d colour components", ErrUnsupported, n)
	}
	for c := body[6:]; len(c) > 0; c = c[3:] {
		h, v := int64(c[1]>>4), int64(c[1]&15)
		if h < 1 || v < 1 || h > 4 || v > 4 {
			return errors.New("a component that is not sampled")
		}
		f.components = append(f.components, jpegComponent{c[0], h, v})
	}
	return nil
}

// memory tells what image/jpeg takes for the frame.
func (f *jpegFrame) memory() memory {
	if len(f.components) == 0 {
		return memory{}
	}
	if len(f.components) == 1 {
		f.components[0].h, f.components[0].v = 1, 1 // one component alone is never interleaved
	}
	first := f.components[0]
	unitsAcross := (int64(f.w) + 8*first.h - 1) / (8 * first.h)
	unitsDown := (int64(f.h) + 8*first.v - 1) / (8 * first.v)
	samples := int64(0)
	for _, c := range f.components {
		samples += unitsAcross * unitsDown * 64 * c.h * c.v
	}
	m := memory{decoding: samples, decoded: samples, perPixel: perPixelYCbCr, asIs: true}
	if len(f.components) == 1 {
		m.perPixel = perPixelGray
	}
	if f.progressive {
		m.decoding += 4 * samples // coefficients
	}
	if len(f.components) == 4 || f.adobeRGB || f.components[0].id == 'R' {
		m = memory{decoding: m.decoding + 4*f.pixels(), decoded: 4 * f.pixels(), perPixel: perPixelNRGBA}
	}
	return m
}

// stripJPEG writes a JPEG file to w without anything that is not needed to draw it. Pixels are not touched.
func stripJPEG(s *source, w *capped) error {
	segments, err := newJPEGSegments(s.read())
	if err != nil {
		return err
	}
	_, _ = w.Write([]byte{0xff, markerSOI})
	data := io.Discard
	for {
		if _, err := segments.next(data); err != nil {
			return err
		}
		data = io.Discard
		body := segments.body
		switch m := segments.marker; m {
		case markerEOI:
			_, err := w.Write([]byte{0xff, markerEOI})
			return err
		case markerSOS:
			data = w
		case markerDQT, markerDHT, markerDRI, markerSOF0, markerSOF1, markerSOF2:
		case markerAPP0:
			if !bytes.HasPrefix(body, jfif[:5]) {
				continue
			}
			body = jfif
		case markerAPP14:
			kept, ok := adobe(body)
			if !ok {
				continue
			}
			body = kept
		default:
			continue
		}
		n := len(body) + 2
		_, _ = w.Write([]byte{0xff, segments.marker, byte(n >> 8), byte(n)})
		if _, err := w.Write(body); err != nil {
			return err
		}
	}
}
