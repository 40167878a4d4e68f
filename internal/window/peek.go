package window

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"net"
	"strings"
)

// Peek is a way to look at a screen that costs it a millisecond, where the tools take a hundred: what is timed must not wait
// for who looks. It speaks X11 as Frames does. Close it.
type Peek struct {
	conn net.Conn
	root uint32
}

// Peek opens one.
func (s *Screen) Peek() (*Peek, error) {
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(s.name, ":"))
	if err != nil {
		return nil, err
	}
	p := &Peek{conn: conn}
	if err := p.hello(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return p, nil
}

// hello learns the root window's name, which stands behind the vendor's name and the formats.
func (p *Peek) hello() error {
	hello := make([]byte, 12)
	hello[0] = 'l'
	binary.LittleEndian.PutUint16(hello[2:], 11)
	if _, err := p.conn.Write(hello); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(p.conn, head); err != nil {
		return err
	}
	rest := make([]byte, wide*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(p.conn, rest); err != nil {
		return err
	}
	if head[0] != 1 || len(rest) < 32 {
		return errors.New("the screen refuses")
	}
	vendor, formats := int(binary.LittleEndian.Uint16(rest[16:])), int(rest[21])
	at := 32 + (vendor+wide-1)/wide*wide + 8*formats
	if len(rest) < at+4 {
		return errors.New("the screen has no root")
	}
	p.root = binary.LittleEndian.Uint32(rest[at:])
	return nil
}

// getImage asks for points, all their bits, in lines from left to right.
const (
	getImage = 73
	zPixmap  = 2
)

// Look is what a part of the screen shows now.
func (p *Peek) Look(in image.Rectangle) (*image.NRGBA, error) {
	ask := append([]byte{getImage, zPixmap}, 5, 0)
	ask = binary.LittleEndian.AppendUint32(ask, p.root)
	for _, n := range []int{in.Min.X, in.Min.Y, in.Dx(), in.Dy()} {
		ask = binary.LittleEndian.AppendUint16(ask, uint16(n))
	}
	if _, err := p.conn.Write(append(ask, 0xff, 0xff, 0xff, 0xff)); err != nil {
		return nil, err
	}
	head := make([]byte, 32)
	if _, err := io.ReadFull(p.conn, head); err != nil {
		return nil, err
	}
	img := image.NewNRGBA(image.Rectangle{Max: in.Size()})
	if size := wide * int(binary.LittleEndian.Uint32(head[4:])); head[0] != 1 || size != len(img.Pix) {
		return nil, errors.New("the screen shows nothing there")
	}
	if _, err := io.ReadFull(p.conn, img.Pix); err != nil {
		return nil, err
	}
	for i := 0; i < len(img.Pix); i += 4 { // blue, green, red
		img.Pix[i], img.Pix[i+2], img.Pix[i+3] = img.Pix[i+2], img.Pix[i], 0xff
	}
	return img, nil
}

// Close ends it.
func (p *Peek) Close() error { return p.conn.Close() }
