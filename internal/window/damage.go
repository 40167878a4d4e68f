package window

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Frames counts the pictures that a program puts on the screen: whatever draws them, the X server learns of each when it
// is there, and tells those who ask through its DAMAGE extension. The program knows nothing of it.
//
// Only the few requests that this takes are spoken here, in X11's wire format, little endian.
type Frames struct {
	conn  net.Conn
	first byte // code of the extension's first event
	mu    sync.Mutex
	at    []time.Duration // server time of each
	ended chan struct{}
}

// Frames begins to count a program's frames. Close it.
func (p *Program) Frames() (*Frames, error) {
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(p.screen.name, ":"))
	if err != nil {
		return nil, err
	}
	f := &Frames{conn: conn, ended: make(chan struct{})}
	id, err := strconv.ParseUint(p.id, 10, 32)
	if err == nil {
		err = f.ask(uint32(id))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask for damage: %w", err), conn.Close())
	}
	go f.listen()
	return f, nil
}

// Requests and what X11 says of them.
const (
	queryExtension = 98
	queryVersion   = 0 // of the extension
	createDamage   = 1
	everyRectangle = 0 // each drawing is told of
	wide           = 4 // bytes are padded to this
)

// ask says hello and asks to be told of what is drawn on a window.
func (f *Frames) ask(window uint32) error {
	if err := f.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	hello := make([]byte, 12) // nobody has to prove who they are on our own screens
	hello[0] = 'l'
	binary.LittleEndian.PutUint16(hello[2:], 11)
	if _, err := f.conn.Write(hello); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(f.conn, head); err != nil {
		return err
	}
	rest := make([]byte, wide*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(f.conn, rest); err != nil {
		return err
	}
	if head[0] != 1 || len(rest) < 8 {
		return errors.New("the screen refuses")
	}
	own := binary.LittleEndian.Uint32(rest[4:]) // the first of the IDs that are ours to give

	name := "DAMAGE"
	body := append(binary.LittleEndian.AppendUint16(nil, uint16(len(name))), 0, 0)
	reply, err := f.call(queryExtension, 0, append(body, "DAMAGE\x00\x00"...))
	if err != nil {
		return err
	}
	if reply[8] == 0 {
		return errors.New("the screen has no DAMAGE extension")
	}
	damage := reply[9]
	f.first = reply[10]
	if _, err := f.call(damage, queryVersion, words(1, 1)); err != nil {
		return err
	}
	if err := f.send(damage, createDamage, words(own, window, everyRectangle)); err != nil {
		return err
	}
	return f.conn.SetDeadline(time.Time{})
}

func words(list ...uint32) (b []byte) {
	for _, w := range list {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func (f *Frames) send(request, minor byte, body []byte) error {
	head := binary.LittleEndian.AppendUint16([]byte{request, minor}, uint16(1+len(body)/wide))
	_, err := f.conn.Write(append(head, body...))
	return err
}

// call sends a request and waits for its answer, which fits into 32 bytes.
func (f *Frames) call(request, minor byte, body []byte) ([]byte, error) {
	if err := f.send(request, minor, body); err != nil {
		return nil, err
	}
	reply := make([]byte, 32)
	if _, err := io.ReadFull(f.conn, reply); err != nil {
		return nil, err
	}
	if reply[0] != 1 {
		return nil, fmt.Errorf("request %d is answered by %d", request, reply[0])
	}
	return reply, nil
}

// listen notes when something was drawn, until Close.
func (f *Frames) listen() {
	defer close(f.ended)
	event := make([]byte, 32)
	for {
		if _, err := io.ReadFull(f.conn, event); err != nil {
			return
		}
		if event[0]&0x7f != f.first {
			continue
		}
		at := time.Duration(binary.LittleEndian.Uint32(event[12:])) * time.Millisecond
		f.mu.Lock()
		f.at = append(f.at, at)
		f.mu.Unlock()
	}
}

// Gaps are the times between one frame and the next since the last call, or since the beginning.
func (f *Frames) Gaps() (gaps []time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := 1; i < len(f.at); i++ {
		gaps = append(gaps, f.at[i]-f.at[i-1])
	}
	f.at = nil
	return gaps
}

// Close ends counting.
func (f *Frames) Close() error {
	err := f.conn.Close()
	<-f.ended
	return err
}
