//go:build !headless

package main

import (
	"bufio"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A second start of a profile raises the window of the first one. The first listens on the loopback interface and leaves a
// file in the profile folder that says where and with which word to knock; only its owner can read it.

const (
	doorFile     = "window"
	doorPatience = time.Second
	doorAnswer   = "raised\n"
)

// door listens for second starts.
type door struct {
	listener net.Listener
	file     string
	word     string
	raise    func()
}

// openDoor listens until Close. raise is called for each start that knocks, on a goroutine of the door.
func openDoor(dir string, raise func()) (*door, error) {
	var secret [16]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{listener: listener, file: filepath.Join(dir, doorFile), word: hex.EncodeToString(secret[:]), raise: raise}
	if err := replaceFile(d.file, []byte(listener.Addr().String()+"\n"+d.word+"\n")); err != nil {
		_ = listener.Close()
		return nil, err
	}
	go d.answer()
	return d, nil
}

// Close ends the door.
func (d *door) Close() error {
	_ = os.Remove(d.file) // the next start writes it anew
	return d.listener.Close()
}

func (d *door) answer() {
	for {
		knock, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.hear(knock)
	}
}

// hear takes one knock, for at most a second: whoever else is on this machine could hold it open.
func (d *door) hear(knock net.Conn) {
	defer func() { _ = knock.Close() }()
	_ = knock.SetDeadline(time.Now().Add(doorPatience))
	word, err := bufio.NewReader(io.LimitReader(knock, int64(len(d.word)+1))).ReadString('\n')
	if err != nil || subtle.ConstantTimeCompare([]byte(strings.TrimSpace(word)), []byte(d.word)) != 1 {
		return
	}
	d.raise()
	_, _ = io.WriteString(knock, doorAnswer)
}

// raiseOther raises the window that has the profile open already, and reports whether there was one.
func raiseOther(data string) bool {
	dir, err := profileDir(data)
	if err != nil {
		return false
	}
	return knockAt(dir) == nil
}

func knockAt(dir string) error {
	raw, err := readBounded(filepath.Join(dir, doorFile))
	if err != nil {
		return err
	}
	address, word, ok := strings.Cut(strings.TrimSpace(string(raw)), "\n")
	if !ok || !strings.HasPrefix(address, "127.0.0.1:") {
		return fmt.Errorf("%s says nothing", doorFile)
	}
	at, err := net.DialTimeout("tcp", address, doorPatience)
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	_ = at.SetDeadline(time.Now().Add(2 * doorPatience))
	if _, err := io.WriteString(at, word+"\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(io.LimitReader(at, int64(len(doorAnswer)))).ReadString('\n')
	if err != nil || answer != doorAnswer {
		return fmt.Errorf("the window does not answer: %w", err)
	}
	return nil
}
