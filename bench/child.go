package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// patience is how long anything may take that is waited for.
const patience = 3 * time.Minute

// kind is what a line of an end says.
type kind int

const (
	nothing kind = iota
	ready
	linked
	accepted
	received
	delivered
	lagged // lines of the other kinds were left out, since nobody read fast enough
	failed
	kinds
)

// child is a program that runs, is written to and counted.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	begun  time.Time
	kindOf func(line []byte) kind

	mu    sync.Mutex
	times [kinds][]time.Time
	first [kinds]string // the first line of a kind
	last  [kinds]string // the newest line of a kind, if it is listened to
	hear  bool          // lines are kept in last
	want  kind
	count int
	there chan struct{} // closed when there are count lines of kind want; nil when nobody waits
	ended chan struct{} // closed when there will be no more lines
}

// errLagged says that lines were left out: what was counted is not all there is.
var errLagged = errors.New("lines were left out")

// launch starts a program.
func launch(kindOf func([]byte) kind, program string, args ...string) (*child, error) {
	c := &child{cmd: exec.Command(program, args...), kindOf: kindOf, ended: make(chan struct{})}
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.begun = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(out)
	return c, nil
}

func (c *child) read(out io.Reader) {
	defer close(c.ended)
	in := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return // the end; a line of a megabyte is nobody's
		}
		c.take(line, time.Now())
	}
}

func (c *child) take(line []byte, at time.Time) {
	k := c.kindOf(line)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[k] = append(c.times[k], at)
	if len(c.times[k]) == 1 {
		c.first[k] = string(line)
	}
	if c.hear {
		c.last[k] = string(line)
	}
	if c.there != nil && (k == failed || k == lagged && c.want == received || k == c.want && len(c.times[k]) >= c.count) {
		close(c.there)
		c.there = nil
	}
}

// so is how many lines of a kind there have been so far.
func (c *child) so(k kind) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.times[k])
}

// wait returns the moment of the nth line of a kind. One goroutine waits at a time.
func (c *child) wait(k kind, n int) (time.Time, error) {
	if n == 0 {
		return time.Time{}, nil
	}
	c.mu.Lock()
	there := make(chan struct{})
	if len(c.times[k]) >= n || len(c.times[failed]) > 0 || k == received && len(c.times[lagged]) > 0 {
		close(there)
	} else {
		c.want, c.count, c.there = k, n, there
	}
	c.mu.Unlock()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-there:
	case <-c.ended:
	case <-late.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.there = nil
	switch {
	case len(c.times[failed]) > 0:
		return time.Time{}, fmt.Errorf("%s: %s", c.cmd.Path, c.first[failed])
	case len(c.times[k]) < n && k == received && len(c.times[lagged]) > 0:
		return time.Time{}, errLagged
	case len(c.times[k]) < n:
		return time.Time{}, fmt.Errorf("%s: %d of %d lines came", c.cmd.Path, len(c.times[k]), n)
	}
	return c.times[k][n-1], nil
}

func (c *child) write(lines []byte) error {
	_, err := c.in.Write(lines)
	return err
}

// answer writes a line and returns the next line of kind accepted.
func (c *child) answer(line string) (string, error) {
	c.mu.Lock()
	c.hear = true
	n := len(c.times[accepted])
	c.mu.Unlock()
	if err := c.write([]byte(line + "\n")); err != nil {
		return "", err
	}
	_, err := c.wait(accepted, n+1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hear = false
	return c.last[accepted], err
}

// stop ends the program in order, by the end of its input.
func (c *child) stop() error {
	_ = c.in.Close()
	late := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	<-c.ended
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", c.cmd.Path, err)
	}
	return nil
}

// stopAll ends programs, the first first.
func stopAll(all ...*child) error {
	var err error
	for _, c := range all {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}

// letter is kindOf for the ends of package ends.
func letter(line []byte) kind {
	switch line[0] {
	case '!':
		return ready
	case 'l':
		return linked
	case 'a':
		return accepted
	case 'r':
		return received
	case 'd':
		return delivered
	}
	return nothing
}

// method is kindOf for haggle rpc.
func method(line []byte) kind {
	rest, notification := bytes.CutPrefix(line, []byte(`{"jsonrpc":"2.0","method":"`))
	if !notification {
		if bytes.Contains(line, []byte(`"error":`)) {
			return failed
		}
		return accepted
	}
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	switch string(name) {
	case "ready":
		return ready
	case "peer.online":
		return linked
	case "message.received":
		return received
	case "message.state":
		return delivered
	case "lagged":
		return lagged
	}
	return nothing
}
