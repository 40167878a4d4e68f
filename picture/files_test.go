package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"math/rand/v2"
)

// This file makes picture files, good and bad, out of nothing.

// photo is a picture with soft shapes and noise, as a camera makes them. It is the same for the same seed.
func photo(w, h int, seed uint64) *image.YCbCr {
	random := rand.New(rand.NewPCG(seed, 7))
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		for x := range w {
			img.Y[y*img.YStride+x] = byte(60 + (x*130/w+y*60/h+x*y/5000%37+random.IntN(8))%190)
		}
	}
	for i := range img.Cb {
		x, y := i%img.CStride, i/img.CStride
		img.Cb[i], img.Cr[i] = byte(100+x*60/img.CStride), byte(110+y*120/h)
	}
	return img
}

// noise is a picture that no format makes small.
func noise(w, h int) *image.NRGBA {
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	return img
}

// drawing is a picture of few colours; with holes some of it is transparent.
func drawing(w, h int, holes bool) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{240, 240, 235, 255}
			switch {
			case (x/9+y/7)%5 == 0:
				c = color.NRGBA{200, 30, 40, 255}
			case holes && (x/11)%3 == 0:
				c = color.NRGBA{0, 200, 0, 90}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func asPNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func asGIF(img image.Image) []byte {
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// concat joins strings and byte slices.
func concat[T string | []byte](parts ...T) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// EXIF

// exifMarker stands in the place and the words of every block that exif makes.
const exifMarker = "HAGGLE-GPS-53.5511N"

// exif makes an EXIF block with an orientation, a camera's name and a place.
func exif(order binary.AppendByteOrder, o orientation) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	entry := func(tag, typ uint16, count uint32, value []byte) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, typ)
		b = order.AppendUint32(b, count)
		b = append(b, value...)
		b = append(b, make([]byte, 4-len(value))...)
	}
	const directory, text = 8, 8 + 2 + 3*12 + 4
	b = order.AppendUint32(b, directory)
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, uint32(len(exifMarker)), order.AppendUint32(nil, text)) // make
	entry(0x0112, 3, 1, order.AppendUint16(nil, uint16(o)))
	entry(0x8825, 4, 1, order.AppendUint32(nil, text)) // GPS
	b = order.AppendUint32(b, 0)
	return append(b, exifMarker...)
}

// JPEG

// segment makes a segment of a JPEG file.
func segment(marker byte, body []byte) []byte {
	n := len(body) + 2
	return concat([]byte{0xff, marker, byte(n >> 8), byte(n)}, body)
}

// afterSOI puts segments at the start of a JPEG file.
func afterSOI(file []byte, segments ...[]byte) []byte {
	return concat(file[:2], concat(segments...), file[2:])
}

// withEXIF gives a JPEG file an EXIF block.
func withEXIF(file []byte, o orientation) []byte {
	return afterSOI(file, segment(markerAPP1, concat([]byte("Exif\x00\x00"), exif(binary.BigEndian, o))))
}

// flat describes a JPEG file whose blocks are all of one colour. It takes two bits for each block, or far fewer if it is
// progressive.
type flat struct {
	w, h        int
	sampling    []byte  // of each component
	levels      []int16 // of each component, below 64; 0 is the middle
	progressive bool
	scans       int // of a progressive file, after the first
	adobe       int // Adobe's transform and 1, or 0
}

func (f flat) file() []byte {
	b := []byte{0xff, markerSOI}
	if f.adobe > 0 {
		b = append(b, segment(markerAPP14, concat([]byte("Adobe\x00\x64\x00\x00\x00\x00"), []byte{byte(f.adobe - 1)}))...)
	}
	b = append(b, segment(markerDQT, concat([]byte{0}, bytes.Repeat([]byte{16}, 64)))...)
	frame := []byte{8, byte(f.h >> 8), byte(f.h), byte(f.w >> 8), byte(f.w), byte(len(f.sampling))}
	scan := []byte{byte(len(f.sampling))}
	for i, s := range f.sampling {
		frame = append(frame, byte(i+1), s, 0)
		scan = append(scan, byte(i+1), 0)
	}
	sof := byte(markerSOF0)
	last := []byte{0, 63, 0}
	if f.progressive {
		sof, last[1] = markerSOF2, 0
	}
	b = append(b, segment(sof, frame)...)
	// Brightness: "0" stays, "10" changes by 6 bits. The rest: "0" ends the block, "10" ends 16,384 blocks and more.
	b = append(b, segment(markerDHT, concat([]byte{0x00}, []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 6}))...)
	b = append(b, segment(markerDHT, concat([]byte{0x10}, []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 0xe0}))...)
	b = append(b, segment(markerSOS, concat(scan, last))...)
	b = append(b, f.blocks()...)
	if f.progressive {
		h, v := int(f.sampling[0]>>4), int(f.sampling[0]&15)
		if len(f.sampling) == 1 {
			h, v = 1, 1
		}
		blocks := ((f.w + 8*h - 1) / (8 * h) * h) * ((f.h + 8*v - 1) / (8 * v) * v)
		one := segment(markerSOS, []byte{1, 1, 0, 1, 63, 0})
		one = append(one, runs(blocks)...)
		b = append(b, bytes.Repeat(one, f.scans)...)
	}
	return append(b, 0xff, markerEOI)
}

// blocks are the compressed pixels of the first scan.
func (f flat) blocks() []byte {
	var w msbBits
	h, v := int(f.sampling[0]>>4), int(f.sampling[0]&15)
	if len(f.sampling) == 1 {
		h, v = 1, 1
	}
	units := ((f.w + 8*h - 1) / (8 * h)) * ((f.h + 8*v - 1) / (8 * v))
	perUnit := 0
	for i, s := range f.sampling {
		n := int(s>>4) * int(s&15)
		if len(f.sampling) == 1 {
			n = 1
		}
		for block := range n {
			level := int16(0)
			if block == 0 && i < len(f.levels) {
				level = f.levels[i]
			}
			switch {
			case level > 0:
				w.write(0b10, 2)
				w.write(uint32(level), 6)
			case level < 0:
				w.write(0b10, 2)
				w.write(uint32(level+63), 6)
			default:
				w.write(0, 1)
			}
			if !f.progressive {
				w.write(0, 1)
			}
		}
		perUnit += n
	}
	each := 2 * perUnit
	if f.progressive {
		each = perUnit
	}
	for left := (units - 1) * each; left > 0; left -= 24 {
		w.write(0, min(24, left))
	}
	return w.finish()
}

// runs says that a number of blocks end at once.
func runs(blocks int) []byte {
	var w msbBits
	for blocks > 0 {
		n := min(blocks, 1<<15-1)
		if n < 1<<14 {
			w.write(0, 1)
			blocks--
			continue
		}
		w.write(0b10, 2)
		w.write(uint32(n-1<<14), 14)
		blocks -= n
	}
	return w.finish()
}

// msbBits writes bits as JPEG does, stuffing included.
type msbBits struct {
	out  []byte
	last uint32
	n    int
}

func (w *msbBits) write(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		w.last = w.last<<1 | v>>i&1
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.last))
			if byte(w.last) == 0xff {
				w.out = append(w.out, 0)
			}
			w.last, w.n = 0, 0
		}
	}
}

func (w *msbBits) finish() []byte {
	for w.n != 0 {
		w.write(1, 1)
	}
	return w.out
}

// PNG

// chunk makes a chunk of a PNG file.
func chunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(b, name...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func ihdr(w, h, depth, colour int, interlaced bool) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(w))
	b = binary.BigEndian.AppendUint32(b, uint32(h))
	b = append(b, byte(depth), byte(colour), 0, 0, 0)
	if interlaced {
		b[12] = 1
	}
	return chunk("IHDR", b)
}

// pngOf makes a PNG file of chunks.
func pngOf(chunks ...[]byte) []byte {
	return concat([]byte(pngMagic), concat(chunks...), chunk("IEND", nil))
}

// afterIHDR puts chunks behind the first of a PNG file.
func afterIHDR(file []byte, chunks ...[]byte) []byte {
	const end = len(pngMagic) + 12 + 13
	return concat(file[:end], concat(chunks...), file[end:])
}

// deflated compresses b.
func deflated(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// deflatedZeros is a zlib stream of n zeros, made without compressing them all.
func deflatedZeros(n int) []byte {
	const unit = 1 << 20
	var one bytes.Buffer
	w, _ := zlib.NewWriterLevel(&one, zlib.BestCompression)
	_, _ = w.Write(make([]byte, unit))
	_ = w.Flush()
	b := bytes.Clone(one.Bytes()[:2])
	for range n / unit {
		b = append(b, one.Bytes()[2:]...)
	}
	rest := deflated(make([]byte, n%unit))
	b = append(b, rest[2:len(rest)-4]...)
	// Zeros leave the first sum at 1, and the second at their number.
	const prime = 65521
	return binary.BigEndian.AppendUint32(b, uint32(n%prime)<<16|1)
}

// zeroPNG is a picture of zeros that compresses a thousandfold.
func zeroPNG(w, h, depth, colour int) []byte {
	samples := map[int]int{pngGray: 1, pngRGB: 3, pngPalette: 1, pngGrayAlpha: 2, pngRGBA: 4}[colour]
	return pngOf(ihdr(w, h, depth, colour, false), chunk("IDAT", deflatedZeros(h*(1+(w*depth*samples+7)/8))))
}

// GIF

// manyFrames is a GIF file with its one frame repeated.
func manyFrames(w, h, frames int) []byte {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	one := asGIF(img)
	header := 13 + 3*2 // with two colours
	frame := one[header : len(one)-1]
	return concat(one[:header], bytes.Repeat(frame, frames), []byte{0x3b})
}

// WebP

// riff makes a WebP file of chunks.
func riff(chunks ...[]byte) []byte {
	body := concat([]byte("WEBP"), concat(chunks...))
	return concat([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body)
}

func riffChunk(name string, body []byte) []byte {
	b := append([]byte(name), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// vp8x is the chunk that says what others a WebP file has.
func vp8x(flags byte, w, h int) []byte {
	return riffChunk("VP8X", []byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)})
}

// lsbBits writes bits as WebP does.
type lsbBits struct {
	out  []byte
	last uint64
	n    int
}

func (w *lsbBits) write(v uint32, n int) {
	w.last |= uint64(v) << w.n
	w.n += n
	for w.n >= 8 {
		w.out = append(w.out, byte(w.last))
		w.last >>= 8
		w.n -= 8
	}
}

func (w *lsbBits) finish() []byte {
	w.write(0, 7)
	return w.out
}

func vp8lHeader(w *lsbBits, width, height int) {
	w.write(0x2f, 8)
	w.write(uint32(width-1), 14)
	w.write(uint32(height-1), 14)
	w.write(1, 1)
	w.write(0, 3)
}

// oneSymbol writes a Huffman code with a single symbol, which takes no bits.
func oneSymbol(w *lsbBits, symbol uint32) {
	w.write(1, 1)
	w.write(0, 1)
	w.write(1, 1)
	w.write(symbol, 8)
}

// flatVP8L is the body of a lossless picture of one colour: a few bytes, whatever its size.
func flatVP8L(width, height int) []byte {
	var w lsbBits
	vp8lHeader(&w, width, height)
	w.write(0, 1) // no transform
	w.write(0, 1) // no colour cache
	w.write(0, 1) // one group of codes
	for _, symbol := range []uint32{80, 160, 40, 255, 0} {
		oneSymbol(&w, symbol)
	}
	return w.finish()
}

// eightBits writes a Huffman code in which each of the first 256 symbols of an alphabet takes eight bits.
func eightBits(w *lsbBits, alphabet int) {
	w.write(0, 1)
	// The lengths of the code of lengths, in the order 17 18 0 1 2 3 4 5 16 6 7 8: 0 and 8 take one bit each.
	w.write(12-4, 4)
	for _, n := range []uint32{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1} {
		w.write(n, 3)
	}
	w.write(0, 1)
	for symbol := range alphabet {
		if symbol < 256 {
			w.write(1, 1)
		} else {
			w.write(0, 1)
		}
	}
}

// vp8l is the body of a lossless picture, not compressed.
func vp8l(img *image.NRGBA) []byte {
	var w lsbBits
	vp8lHeader(&w, img.Rect.Dx(), img.Rect.Dy())
	w.write(0, 1)
	w.write(0, 1)
	w.write(0, 1)
	eightBits(&w, 256+24)
	eightBits(&w, 256)
	eightBits(&w, 256)
	eightBits(&w, 256)
	oneSymbol(&w, 0)
	for i := 0; i+3 < len(img.Pix); i += 4 {
		for _, channel := range []int{1, 0, 2, 3} {
			w.write(uint32(bits.Reverse8(img.Pix[i+channel])), 8)
		}
	}
	return w.finish()
}

// manyCodes is the body of a lossless picture of 400 x 400 pixels with 2,600 groups of the largest Huffman codes.
func manyCodes() []byte {
	const side, tile, groups = 400, 4, 2600
	var w lsbBits
	vp8lHeader(&w, side, side)
	w.write(0, 1)
	w.write(1, 1) // a colour cache
	w.write(11, 4)
	w.write(1, 1) // many groups
	w.write(0, 3) // a tile of 4 x 4 pixels for each
	// The picture that maps tiles to groups: each group's number is red and green.
	w.write(0, 1)
	eightBits(&w, 256+24)
	eightBits(&w, 256)
	oneSymbol(&w, 0)
	oneSymbol(&w, 0)
	oneSymbol(&w, 0)
	for i := range (side / tile) * (side / tile) {
		group := i % groups
		w.write(uint32(bits.Reverse8(byte(group))), 8)
		w.write(uint32(bits.Reverse8(byte(group>>8))), 8)
	}
	for range groups {
		fullCode(&w, 256+24+1<<11)
		fullCode(&w, 256)
		fullCode(&w, 256)
		fullCode(&w, 256)
		oneSymbol(&w, 0)
	}
	return w.finish()
}

// fullCode writes a Huffman code that uses the whole alphabet, in few bits.
func fullCode(w *lsbBits, alphabet int) {
	// With lengths n and n+1: 2^(n+1) - alphabet symbols are short.
	n := bits.Len(uint(alphabet)) - 1
	short := 1<<(n+1) - alphabet
	if short == 1<<n {
		short = alphabet
	}
	lengths := [19]uint32{}
	lengths[16], lengths[n] = 1, 2
	if short < alphabet {
		lengths[n+1] = 2
	} else {
		lengths[n] = 1
	}
	w.write(0, 1)
	w.write(19-4, 4)
	for _, symbol := range []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} {
		w.write(lengths[symbol], 3)
	}
	w.write(0, 1)
	same := func(length uint32, width int, repeat uint32, count int) {
		w.write(length, width)
		for count--; count > 0; {
			run := min(6, count)
			if run < 3 {
				w.write(length, width)
				count--
				continue
			}
			w.write(repeat, 1)
			w.write(uint32(run-3), 2)
			count -= run
		}
	}
	if short == alphabet {
		same(0, 1, 1, short)
		return
	}
	same(0b01, 2, 0, short)
	same(0b11, 2, 0, alphabet-short)
}

// vp8 is the body of a lossy picture of one colour.
func vp8(width, height, bytesOfPixels int) []byte {
	first := 4 << 10
	if width*height > 1<<22 {
		first = 500 << 10
	}
	tag := first<<5 | 1<<4 // a key frame that is shown
	b := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a, byte(width), byte(width >> 8), byte(height), byte(height >> 8)}
	return append(b, make([]byte, first+bytesOfPixels)...)
}
