//go:build !headless

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"haggle/chat"
)

// A second start of a profile hands what it was given to the first one, which raises its window. The first listens on the
// loopback interface and leaves a file in the profile folder that says where and with which word to knock; only its owner can
// read it. Whoever else is on this machine can knock, too, and is not heard without the word.

const (
	doorFile     = "window"
	doorPatience = time.Second
	doorAnswer   = "raised\n"
	maxKnock     = 2 << 10 // bytes of what a second start says
	maxKnocking  = 8       // at once
)

// knock is what a second start was given.
type knock struct {
	Hidden bool   `json:"hidden,omitempty"` // it was to show no window
	Invite string `json:"invite,omitempty"`
}

// knockOf is what this start was given.
func knockOf(o *options) knock {
	k := knock{Hidden: o.hidden}
	if i, err := o.invited(); err == nil && i != nil {
		k.Invite = i.String()
	}
	return k
}

// invite is whom the window is asked to add; nil for nobody.
func (k knock) invite() (*chat.Invite, error) {
	if k.Invite == "" {
		return nil, nil
	}
	i, err := chat.ParseInvite(k.Invite)
	return &i, err
}

// door listens for second starts.
type door struct {
	listener net.Listener
	file     string
	word     string
	heard    func(knock)
}

// openDoor listens until Close. heard is called for each start that knocks, on a goroutine of the door.
func openDoor(dir string, heard func(knock)) (*door, error) {
	var secret [16]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{listener: listener, file: filepath.Join(dir, doorFile), word: hex.EncodeToString(secret[:]), heard: heard}
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
	places := make(chan struct{}, maxKnocking)
	for {
		at, err := d.listener.Accept()
		if err != nil {
			return
		}
		select {
		case places <- struct{}{}:
			go func() {
				defer func() { <-places }()
				d.hear(at)
			}()
		default: // a start that is refused tries again
			_ = at.Close()
		}
	}
}

// hear takes one knock, for at most a second: whoever else is on this machine could hold it open.
func (d *door) hear(at net.Conn) {
	defer func() { _ = at.Close() }()
	_ = at.SetDeadline(time.Now().Add(doorPatience))
	said := bufio.NewReader(io.LimitReader(at, int64(len(d.word)+1+maxKnock)))
	word := make([]byte, len(d.word)+1)
	if _, err := io.ReadFull(said, word); err != nil || subtle.ConstantTimeCompare(word, []byte(d.word+"\n")) != 1 {
		return
	}
	line, err := said.ReadBytes('\n')
	if err != nil {
		return
	}
	var k knock
	if err := json.Unmarshal(line, &k); err != nil {
		return
	}
	if _, err := k.invite(); err != nil {
		return
	}
	d.heard(k)
	_, _ = io.WriteString(at, doorAnswer)
}

// handOver hands what this start was given to the window that has the profile open already, and reports whether there was one.
func handOver(o *options) bool {
	dir, err := profileDir(o.data)
	return err == nil && knockAt(dir, knockOf(o)) == nil
}

// handOverSoon is handOver to a window that is about to open: its start has locked the profile a moment ago.
func handOverSoon(ctx context.Context, o *options) bool {
	ctx, stop := context.WithTimeout(ctx, 10*doorPatience)
	defer stop()
	tick := time.NewTicker(doorPatience / 5)
	defer tick.Stop()
	for !handOver(o) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func knockAt(dir string, k knock) error {
	raw, err := readBounded(filepath.Join(dir, doorFile))
	if err != nil {
		return err
	}
	address, word, ok := strings.Cut(strings.TrimSpace(string(raw)), "\n")
	if !ok || !strings.HasPrefix(address, "127.0.0.1:") {
		return fmt.Errorf("%s says nothing", doorFile)
	}
	line, err := json.Marshal(k)
	if err != nil {
		return err
	}
	at, err := net.DialTimeout("tcp", address, doorPatience) //nolint:gosec // this machine only, see above
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	_ = at.SetDeadline(time.Now().Add(2 * doorPatience))
	if _, err := fmt.Fprintf(at, "%s\n%s\n", word, line); err != nil {
		return err
	}
	answer, err := bufio.NewReader(io.LimitReader(at, int64(len(doorAnswer)))).ReadString('\n')
	if err != nil || answer != doorAnswer {
		return errors.Join(errors.New("the window does not answer"), err)
	}
	return nil
}
