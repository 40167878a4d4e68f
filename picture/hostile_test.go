package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every file has to be dealt with in this time and memory beyond what the process had before. The time is the
// processor's: others may use the machine.
const (
	mostTime   = 3 * time.Second
	mostMemory = 128 << 20
)

// large are the files that may take more memory when they are sent, since they turn out to be good pictures.
var large = map[string]int64{
	"jpeg of 8,100 x 6,400 on its side":   maxHolding + 16<<20,
	"jpeg of 6,200 squared, full colours": maxHolding,
}

// hostile is a file that means no good, and what becomes of it: as a file to send, and the same unchanged; as a received
// picture, and the same as an original. A nil error is a picture.
var hostile = []struct {
	name                              string
	file                              func() []byte
	send, sendOriginal, get, getWhole error
}{
	// The bombs of SECURITY-NOTES.md 2.6.
	{"png of 12,000 squared", func() []byte { return zeroPNG(12000, 12000, 8, pngRGBA) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"png header of 16,000 squared", func() []byte { return pngOf(ihdr(16000, 16000, 8, pngRGBA, false), chunk("IDAT", nil)) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"gif of 4,000 squared, 60 frames", func() []byte { return manyFrames(4000, 4000, 60) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"webp of 16,383 x 8,000 in few bytes", func() []byte { return riff(riffChunk("VP8L", flatVP8L(16383, 8000))) }, ErrTooLarge, ErrTooLarge, ErrUnsupported, ErrUnsupported},
	{"progressive jpeg of 16,000 squared, 20 scans", flat{w: 16000, h: 16000, sampling: []byte{0x11}, progressive: true, scans: 20}.file, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"progressive jpeg of 4,000 squared, 20,000 scans", flat{w: 4000, h: 4000, sampling: []byte{0x11}, progressive: true, scans: 20000}.file, ErrSlow, ErrSlow, ErrSlow, ErrSlow},

	// The same just inside the limits.
	{"png of 8,192 squared", func() []byte { return zeroPNG(8192, 8192, 8, pngRGBA) }, nil, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"png of 5,000 squared, 16 bits", func() []byte { return zeroPNG(5000, 5000, 16, pngRGBA) }, nil, nil, ErrTooLarge, nil},
	{"jpeg of 8,192 squared", flat{w: 8192, h: 8192, sampling: []byte{0x22, 0x11, 0x11}, levels: []int16{9, 9, 9}}.file, nil, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"jpeg of 8,100 x 6,400 on its side", func() []byte {
		return withEXIF(flat{w: 8100, h: 6400, sampling: []byte{0x22, 0x11, 0x11}, levels: []int16{9, 9, 9}}.file(), 6)
	}, nil, nil, ErrForeign, ErrForeign},
	{"jpeg of 9,504 x 6,336, full colours", flat{w: 9504, h: 6336, sampling: []byte{0x11, 0x11, 0x11}}.file, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"jpeg of 6,200 squared, full colours", flat{w: 6200, h: 6200, sampling: []byte{0x11, 0x11, 0x11}}.file, nil, nil, ErrTooLarge, nil},
	{"progressive jpeg of 4,000 squared, 50 scans", flat{w: 4000, h: 4000, sampling: []byte{0x22, 0x11, 0x11}, progressive: true, scans: 50}.file, nil, nil, nil, nil},
	{"progressive jpeg of 5,000 squared", flat{w: 5000, h: 5000, sampling: []byte{0x22, 0x11, 0x11}, progressive: true, scans: 1}.file, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"progressive jpeg of 4,000 squared on its side", func() []byte {
		return withEXIF(flat{w: 4000, h: 4000, sampling: []byte{0x22, 0x11, 0x11}, progressive: true, scans: 1}.file(), 8)
	}, nil, nil, ErrForeign, ErrForeign},
	{"progressive jpeg of 4,000 squared, cut", func() []byte {
		b := flat{w: 4000, h: 4000, sampling: []byte{0x22, 0x11, 0x11}, progressive: true, scans: 40}.file()
		return concat(b[:len(b)-40], []byte{0xff, markerSOS, 0, 8, 1, 1, 0, 1, 63, 0, 0xff, markerEOI})
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"jpeg of 8,192 squared, cut", func() []byte {
		b := flat{w: 8192, h: 6100, sampling: []byte{0x22, 0x11, 0x11}}.file()
		return concat(b[:len(b)-100], []byte{0xff, markerEOI})
	}, ErrDamaged, ErrDamaged, ErrTooLarge, ErrDamaged},
	{"webp of 4,096 squared in few bytes", func() []byte { return riff(riffChunk("VP8L", flatVP8L(4096, 4096))) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"webp of 8,000 squared in few bytes", func() []byte { return riff(riffChunk("VP8L", flatVP8L(8000, 8000))) }, ErrTooLarge, ErrTooLarge, ErrUnsupported, ErrUnsupported},
	{"webp with 2,600 codes", func() []byte { return riff(riffChunk("VP8L", manyCodes())) }, ErrTooLarge, ErrTooLarge, ErrUnsupported, ErrUnsupported},
	{"webp of 6,000 x 3,000, lossy", func() []byte { return riff(riffChunk("VP8 ", vp8(6000, 3000, 1<<20))) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"webp of 8,192 squared, lossy, cut", func() []byte { return riff(riffChunk("VP8 ", vp8(8192, 8192, 100))) }, ErrDamaged, ErrTooLarge, ErrUnsupported, ErrUnsupported},
	{"gif of 8,192 squared", func() []byte { return manyFrames(8192, 8192, 1) }, ErrTooLarge, ErrTooLarge, ErrUnsupported, ErrUnsupported},
	{"interlaced png of 4,096 squared", func() []byte {
		return pngOf(ihdr(4096, 4096, 8, pngRGBA, true), chunk("IDAT", deflatedZeros(4096*4096*4+15*4096)))
	}, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},

	// Lies.
	{"png header of 50,000 squared", func() []byte { return pngOf(ihdr(50000, 50000, 1, pngGray, false), chunk("IDAT", deflated(nil))) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"jpeg header of 50,000 squared", flat{w: 50000, h: 50000, sampling: []byte{0x11}, progressive: true}.file, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"png that says more than it has", func() []byte {
		return pngOf(ihdr(8000, 6000, 8, pngRGBA, false), chunk("IDAT", deflated(make([]byte, 4010))))
	}, ErrDamaged, ErrDamaged, ErrTooLarge, ErrDamaged},
	{"png that has more than it says", func() []byte {
		return pngOf(ihdr(10, 10, 8, pngRGBA, false), chunk("IDAT", deflatedZeros(1<<30)))
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png with sides of 2^31-1", func() []byte { return pngOf(ihdr(1<<31-1, 1<<31-1, 16, pngRGBA, false), chunk("IDAT", nil)) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"png of 60,000,000 x 1", func() []byte { return zeroPNG(60e6, 1, 16, pngRGBA) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},
	{"png without sides", func() []byte { return zeroPNG(0, 10, 8, pngRGBA) }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png with a wrong checksum", func() []byte {
		b := asPNG(drawing(20, 20, false))
		b[len(b)-13] ^= 1
		return b
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png chunk of 2 GB", func() []byte {
		return concat([]byte(pngMagic), ihdr(10, 10, 8, pngRGBA, false), []byte("\x7f\xff\xff\xffzTXtabc"))
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"webp with a small canvas", func() []byte { return riff(vp8x(0, 10, 10), riffChunk("VP8L", flatVP8L(16000, 4000))) }, ErrDamaged, ErrDamaged, ErrUnsupported, ErrUnsupported},
	{"webp chunk of 4 GB", func() []byte {
		return []byte("RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff\x2f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	}, ErrDamaged, ErrDamaged, ErrUnsupported, ErrUnsupported},
	{"gif frame beside its canvas", func() []byte {
		b := manyFrames(10, 10, 1)
		binary.LittleEndian.PutUint16(b[6:], 5)
		return b
	}, ErrDamaged, ErrDamaged, ErrUnsupported, ErrUnsupported},
	{"webp transparency bomb", func() []byte {
		return riff(vp8x(1<<4, 8000, 8000), riffChunk("ALPH", concat([]byte{1}, flatVP8L(8000, 8000)[5:])), riffChunk("VP8 ", vp8(8000, 8000, 1<<20)))
	}, ErrTooLarge, ErrTooLarge, ErrUnsupported, ErrUnsupported},

	// What costs time or memory beside the picture.
	{"png with 1,800,000 chunks", func() []byte {
		return afterIHDR(asPNG(drawing(20, 20, false)), bytes.Repeat(chunk("tEXt", nil), 1800000))
	}, nil, nil, ErrTooLarge, ErrTooLarge},
	{"png with a bomb in its colour profile", func() []byte {
		return afterIHDR(asPNG(drawing(20, 20, false)), chunk("iCCP", concat([]byte("x\x00\x00"), deflatedZeros(1<<30))))
	}, nil, nil, ErrForeign, ErrForeign},
	{"jpeg with 6,000,000 segments", func() []byte {
		return afterSOI(asJPEG(photo(20, 20, 1), 80), bytes.Repeat(segment(markerCOM, nil), 6000000))
	}, nil, nil, ErrTooLarge, ErrTooLarge},
	{"jpeg with 60 MB after its end", func() []byte { return concat(asJPEG(photo(20, 20, 1), 80), make([]byte, 60<<20)) }, nil, nil, ErrTooLarge, ErrTooLarge},
	{"jpeg with 60 MB of fill", func() []byte {
		return afterSOI(asJPEG(photo(20, 20, 1), 80), bytes.Repeat([]byte{0xff}, 60<<20))
	}, nil, nil, ErrTooLarge, ErrTooLarge},
	{"a file of 65 MB", func() []byte { return concat(asJPEG(photo(20, 20, 1), 80), make([]byte, 65<<20)) }, ErrTooLarge, ErrTooLarge, ErrTooLarge, ErrTooLarge},

	// Files cut off.
	{"jpeg, half", func() []byte { b := asJPEG(photo(200, 200, 1), 80); return b[:len(b)/2] }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"jpeg, half, with an end", func() []byte {
		b := asJPEG(photo(200, 200, 1), 80)
		return concat(b[:len(b)/2], []byte{0xff, markerEOI})
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"jpeg, the start", func() []byte { return asJPEG(photo(200, 200, 1), 80)[:100] }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png, half", func() []byte { b := asPNG(noise(50, 50)); return b[:len(b)/2] }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png, without its end", func() []byte { b := asPNG(noise(50, 50)); return b[:len(b)-12] }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"gif, half", func() []byte { b := asGIF(noise(50, 50)); return b[:len(b)/2] }, ErrDamaged, ErrDamaged, ErrUnsupported, ErrUnsupported},
	{"webp, half", func() []byte { b := riff(riffChunk("VP8L", vp8l(noise(50, 50)))); return b[:len(b)/2] }, ErrDamaged, ErrDamaged, ErrUnsupported, ErrUnsupported},

	// No pictures.
	{"nothing", func() []byte { return nil }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"one byte", func() []byte { return []byte{0xff} }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"three bytes", func() []byte { return []byte{0xff, 0xd8, 0xff} }, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"svg", func() []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>`)
	}, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"xml", func() []byte { return []byte(`<?xml version="1.0"?><svg/>`) }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"html", func() []byte { return []byte(`<!doctype html><p>`) }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"a program", func() []byte { return []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00") }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"tiff", func() []byte { return exif(binary.LittleEndian, 1) }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"bmp", func() []byte { return concat([]byte("BM"), make([]byte, 100)) }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"heic", func() []byte { return []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic") }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"riff, but sound", func() []byte { return []byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00") }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},

	// Two things in one.
	{"jpeg and zip", func() []byte { return concat(asJPEG(photo(20, 20, 1), 80), []byte("PK\x05\x06"), make([]byte, 18)) }, nil, nil, ErrForeign, ErrForeign},
	{"jpeg with a page in a comment", func() []byte {
		return afterSOI(asJPEG(photo(20, 20, 1), 80), segment(markerCOM, []byte("<!doctype html><script>1</script>")))
	}, nil, nil, ErrForeign, ErrForeign},
	{"jpeg with bytes between segments", func() []byte {
		return afterSOI(asJPEG(photo(20, 20, 1), 80), concat(segment(markerDRI, []byte{0, 0}), []byte("#!/bin/sh")))
	}, nil, nil, ErrForeign, ErrForeign},
	{"jpeg with a small picture in its header", func() []byte {
		return afterSOI(asJPEG(photo(20, 20, 1), 80), segment(markerAPP0, concat([]byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x02\x02"), make([]byte, 12))))
	}, nil, nil, ErrForeign, ErrForeign},
	{"png and zip", func() []byte { return concat(asPNG(drawing(20, 20, false)), []byte("PK\x05\x06"), make([]byte, 18)) }, nil, nil, ErrForeign, ErrForeign},
	{"png with bytes behind its pixels", func() []byte {
		pixels := concat(deflated(make([]byte, 10*41)), []byte("#!/bin/sh"))
		return pngOf(ihdr(10, 10, 8, pngRGBA, false), chunk("IDAT", pixels))
	}, nil, nil, ErrForeign, ErrForeign},
	{"gif and javascript", func() []byte { return concat(manyFrames(10, 10, 1), []byte("=1;alert(1)")) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"jpeg with a place", func() []byte { return withEXIF(asJPEG(photo(20, 20, 1), 80), 6) }, nil, nil, ErrForeign, ErrForeign},
	{"png with a place", func() []byte {
		return afterIHDR(asPNG(drawing(20, 20, false)), chunk("eXIf", exif(binary.LittleEndian, 6)))
	}, nil, nil, ErrForeign, ErrForeign},
	{"png with a colour profile", func() []byte {
		return afterIHDR(asPNG(drawing(20, 20, false)), chunk("iCCP", concat([]byte("My screen\x00\x00"), deflated([]byte("serial number")))))
	}, nil, nil, ErrForeign, ErrForeign},
	{"png with an unknown palette", func() []byte { return afterIHDR(asPNG(drawing(20, 20, false)), chunk("PLTE", []byte("abc"))) }, nil, nil, ErrForeign, ErrForeign},
	{"png for Apple", func() []byte {
		return concat([]byte(pngMagic), chunk("CgBI", make([]byte, 4)), asPNG(drawing(20, 20, false))[8:])
	}, ErrDamaged, ErrDamaged, ErrDamaged, ErrDamaged},
	{"png with an unknown chunk that matters", func() []byte { return afterIHDR(asPNG(drawing(20, 20, false)), chunk("ABCD", nil)) }, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},

	// What moves.
	{"apng", func() []byte {
		return afterIHDR(asPNG(drawing(20, 20, false)), chunk("acTL", make([]byte, 8)), chunk("fcTL", make([]byte, 26)), chunk("fdAT", []byte("\x00\x00\x00\x01abc")))
	}, nil, nil, ErrForeign, ErrForeign},
	{"webp that moves", func() []byte {
		return riff(vp8x(1<<1, 20, 20), riffChunk("ANIM", make([]byte, 6)), riffChunk("ANMF", concat(make([]byte, 16), riffChunk("VP8L", flatVP8L(20, 20)))))
	}, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"webp that moves and does not say so", func() []byte {
		return riff(vp8x(0, 20, 20), riffChunk("ANMF", concat(make([]byte, 16), riffChunk("VP8L", flatVP8L(20, 20)))))
	}, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},

	// Rare, but good.
	{"jpeg with four inks", flat{w: 90, h: 70, sampling: []byte{0x11, 0x11, 0x11, 0x11}, levels: []int16{9, 9, 9, 9}, adobe: 1}.file, nil, nil, nil, nil},
	{"jpeg of two components", flat{w: 90, h: 70, sampling: []byte{0x11, 0x11}}.file, ErrUnsupported, ErrUnsupported, ErrUnsupported, ErrUnsupported},
	{"png of one pixel", func() []byte { return asPNG(drawing(1, 1, false)) }, nil, nil, nil, nil},
	{"jpeg of one pixel", func() []byte { return asJPEG(drawing(1, 1, false), 80) }, nil, nil, nil, nil},
	{"gif of one pixel", func() []byte { return manyFrames(1, 1, 1) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"webp of one pixel", func() []byte { return riff(riffChunk("VP8L", flatVP8L(1, 1))) }, nil, nil, ErrUnsupported, ErrUnsupported},
	{"png of 16 bits", func() []byte { return zeroPNG(40, 30, 16, pngRGB) }, nil, nil, nil, nil},
	{"png of 1 bit", func() []byte { return zeroPNG(41, 30, 1, pngGray) }, nil, nil, nil, nil},
	{"png of 65,535 x 1", func() []byte { return zeroPNG(65535, 1, 8, pngGray) }, nil, nil, ErrTooLarge, nil},
	{"png of 1 x 65,535", func() []byte { return zeroPNG(1, 65535, 8, pngGray) }, nil, nil, ErrTooLarge, nil},
}

// acts are the ways a hostile file can come.
var acts = []struct {
	name string
	act  func(ctx context.Context, file *os.File, size int64) error
}{
	{"send", prepareAct(Options{})},
	{"send as original", prepareAct(Options{Original: true})},
	{"get", checkAct(Options{})},
	{"get as original", checkAct(Options{Original: true})},
	{"show", func(ctx context.Context, file *os.File, size int64) error {
		data := make([]byte, min(size, MaxOriginalBytes+1))
		if _, err := file.ReadAt(data, 0); err != nil {
			return err
		}
		_, err := Decode(ctx, data, MaxSide)
		return err
	}},
}

func prepareAct(o Options) func(context.Context, *os.File, int64) error {
	return func(ctx context.Context, file *os.File, size int64) error {
		_, err := Prepare(ctx, file, size, o)
		return err
	}
}

func checkAct(o Options) func(context.Context, *os.File, int64) error {
	return func(ctx context.Context, file *os.File, size int64) error {
		data := make([]byte, min(size, MaxOriginalBytes+1))
		if _, err := file.ReadAt(data, 0); err != nil {
			return err
		}
		_, err := Check(ctx, data, o)
		return err
	}
}

// outcome is what a child process tells of one act.
type outcome struct {
	Class  string // of the error; "" if there was none
	Error  string
	Memory int64 // bytes at the worst instant, beyond what the process had before
}

const (
	childFile = "HAGGLE_PICTURE_FILE"
	childAct  = "HAGGLE_PICTURE_ACT"

	filesFolder = "HAGGLE_PICTURE_FILES" // where to write the hostile files, instead of testing
)

// TestMain gives pictures more time, for the machine may be busy; TestDeadline has a deadline of its own. It is also the
// child process that meets one hostile file, so that each one's memory is measured alone.
func TestMain(m *testing.M) {
	if folder := os.Getenv(filesFolder); folder != "" {
		if err := writeHostile(folder); err != nil {
			panic(err)
		}
		return
	}
	prepareTime *= 30
	decodeTime *= 30
	file, act := os.Getenv(childFile), os.Getenv(childAct)
	if file == "" {
		os.Exit(m.Run())
	}
	if err := json.NewEncoder(os.Stdout).Encode(meet(file, act)); err != nil {
		panic(err)
	}
}

// writeHostile writes the hostile files for the tests of the whole program, with a list of what becomes of them.
func writeHostile(folder string) error {
	type entry struct{ Name, File, Send, SendOriginal, Get, GetWhole string }
	var list []entry
	for i, c := range hostile {
		file := fmt.Sprint(i)
		if err := os.WriteFile(filepath.Join(folder, file), c.file(), 0o600); err != nil {
			return err
		}
		list = append(list, entry{c.name, file, class(c.send), class(c.sendOriginal), class(c.get), class(c.getWhole)})
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "list"), raw, 0o600)
}

func meet(name, act string) outcome {
	file, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	info, err := file.Stat()
	if err != nil {
		panic(err)
	}
	for _, a := range acts {
		if a.name != act {
			continue
		}
		before := resident("VmRSS:")
		err := a.act(context.Background(), file, info.Size())
		o := outcome{Class: class(err), Memory: resident("VmHWM:") - before}
		if err != nil {
			o.Error = err.Error()
		}
		return o
	}
	panic("no act " + act)
}

// class names the error of the package that err wraps.
func class(err error) string {
	if err == nil {
		return ""
	}
	for _, known := range []error{ErrUnsupported, ErrTooLarge, ErrDamaged, ErrSlow, ErrForeign} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "another error"
}

// resident is how many bytes of memory this process has, now (VmRSS) or at the worst instant (VmHWM). Where the system
// does not tell, it is what the runtime ever took from the system, which is no less.
func resident(field string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.Sys)
	}
	_, rest, _ := strings.Cut(string(status), field)
	var kilobytes int64
	_, _ = fmt.Sscan(rest, &kilobytes)
	return kilobytes << 10
}

// catalogued are the files of the catalogue of hostile peers, by the number they have there; the first four are the bombs.
var catalogued = map[int][]string{
	49: {"png of 12,000 squared", "png header of 16,000 squared", "png header of 50,000 squared"},
	50: {"gif of 4,000 squared, 60 frames"},
	51: {"webp of 16,383 x 8,000 in few bytes"},
	52: {"progressive jpeg of 16,000 squared, 20 scans", "progressive jpeg of 4,000 squared, 20,000 scans"},
	53: {"png that says more than it has", "png that has more than it says", "png with sides of 2^31-1", "png of 60,000,000 x 1"},
	54: {"jpeg, half", "jpeg, half, with an end", "jpeg, the start"},
	55: {"svg", "xml", "html"},
	56: {"jpeg and zip", "jpeg with a page in a comment", "png and zip", "gif and javascript"},
	57: {"apng", "webp that moves", "webp that moves and does not say so"},
}

func TestHP49PNGBombs(t *testing.T)         { meetCatalogued(t, 49) }
func TestHP50GIFOfManyFrames(t *testing.T)  { meetCatalogued(t, 50) }
func TestHP51WebPInFewBytes(t *testing.T)   { meetCatalogued(t, 51) }
func TestHP52ProgressiveJPEG(t *testing.T)  { meetCatalogued(t, 52) }
func TestHP53HeadersThatLie(t *testing.T)   { meetCatalogued(t, 53) }
func TestHP54CutOff(t *testing.T)           { meetCatalogued(t, 54) }
func TestHP55DrawingsNamedJPG(t *testing.T) { meetCatalogued(t, 55) }
func TestHP56TwoThingsInOne(t *testing.T)   { meetCatalogued(t, 56) }
func TestHP57PicturesThatMove(t *testing.T) { meetCatalogued(t, 57) }

func meetCatalogued(t *testing.T, number int) {
	t.Helper()
	meetAll(t, len(catalogued[number]), func(name string) bool { return slices.Contains(catalogued[number], name) })
}

// TestHostileFiles meets all others.
func TestHostileFiles(t *testing.T) {
	rest := len(hostile)
	for _, names := range catalogued {
		rest -= len(names)
	}
	meetAll(t, rest, func(name string) bool {
		for _, names := range catalogued {
			if slices.Contains(names, name) {
				return false
			}
		}
		return true
	})
}

// meetAll meets the files that are wanted, count of them.
func meetAll(t *testing.T, count int, wanted func(name string) bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	path := filepath.Join(t.TempDir(), "file.jpg") // names say nothing
	for _, c := range hostile {
		if !wanted(c.name) {
			continue
		}
		count--
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(path, c.file(), 0o600); err != nil {
				t.Fatal(err)
			}
			results := []error{c.send, c.sendOriginal, c.get, c.getWhole}
			if c.getWhole == nil {
				results = append(results, nil) // what is accepted is shown
			}
			var all sync.WaitGroup
			for i, want := range results {
				memory := int64(mostMemory)
				if want == nil && i < 2 {
					memory = max(memory, large[c.name])
				}
				all.Go(func() { meetInChild(t, path, acts[i].name, want, memory) })
			}
			all.Wait()
		})
	}
	if count != 0 {
		t.Errorf("%d files are missing", count)
	}
}

// TestHP65PlaceIsTakenOut: what a camera notes beside the picture leaves with no picture, not even an original.
func TestHP65PlaceIsTakenOut(t *testing.T) {
	const marker = "51.5007N-0.1246W"
	drawn := asPNG(drawing(20, 20, false))
	for name, file := range map[string][]byte{
		"jpeg": afterSOI(withEXIF(asJPEG(photo(200, 100, 1), 80), 6), concat(
			segment(markerAPP0+1, []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"+marker)), segment(markerCOM, []byte(marker)),
			segment(markerAPP0+1, []byte("http://ns.adobe.com/xap/1.0/\x00"+marker)))),
		"png": afterIHDR(drawn, chunk("tEXt", []byte("Comment\x00"+marker)), chunk("eXIf", []byte("MM\x00*\x00\x00\x00\x08\x00\x00"+marker))),
	} {
		if !bytes.Contains(file, []byte(marker)) {
			t.Fatalf("%s: no marker to take out", name)
		}
		for _, o := range []Options{{}, {Original: true}} {
			p, err := Prepare(t.Context(), bytes.NewReader(file), int64(len(file)), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for part, data := range map[string][]byte{"picture": p.Data, "thumbnail": p.Thumbnail, "small thumbnail": p.Small} {
				if bytes.Contains(data, []byte(marker)) || bytes.Contains(data, []byte("Exif")) {
					t.Errorf("%s, original %v: the %s says where it was taken", name, o.Original, part)
				}
			}
		}
	}
}

// meetInChild lets a child process meet a file.
func meetInChild(t *testing.T, path, act string, want error, mostMemory int64) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+path, childAct+"="+act)
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		t.Errorf("%s: %v", act, err)
		return
	}
	var o outcome
	if err := json.Unmarshal(out, &o); err != nil {
		t.Errorf("%s: %v", act, err)
		return
	}
	if o.Class != class(want) {
		t.Errorf("%s: %q, want %q", act, o.Error, class(want))
	}
	took := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	if took > mostTime {
		t.Errorf("%s took %v", act, took)
	}
	if o.Memory > mostMemory {
		t.Errorf("%s took %d MB of memory", act, o.Memory>>20)
	}
	t.Logf("%-16s %6.2f s %4d MB  %s", act, took.Seconds(), o.Memory>>20, o.Error)
}

// TestDeadline meets the file that would be decoded for a minute, past the count of scans that stops it sooner.
func TestDeadline(t *testing.T) {
	b := flat{w: 2000, h: 2000, sampling: []byte{0x11}, progressive: true, scans: 20000}.file()
	for _, c := range []struct {
		name string
		stop func() (context.Context, context.CancelFunc)
		time time.Duration
		want error
	}{
		{"the deadline", func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }, 100 * time.Millisecond, ErrSlow},
		{"the context", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 100*time.Millisecond)
		}, time.Hour, context.DeadlineExceeded},
	} {
		ctx, cancel := c.stop()
		start := time.Now()
		h := header{kind: jpegFile, size: size{2000, 2000}, orientation: 1}
		file := newSource(ctx, b)
		file.deadline = start.Add(c.time)
		_, err := decode(file, h, size{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("%s: stopped after %v", c.name, took)
		}
		cancel()
	}
}
