package window

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// patience is how long what should take a moment may take.
const patience = 20 * time.Second

// Headless is the program without a window, as haggle rpc. Its methods are for one goroutine.
type Headless struct {
	ID      string // the peer's
	Address string // HOST:PORT
	cmd     *exec.Cmd
	in      io.WriteCloser
	lines   chan line
	calls   int
}

type line struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Serve starts a profile without a window and waits until it is ready.
func Serve(program, data string, flags ...string) (*Headless, error) {
	h := &Headless{cmd: exec.Command(program, append([]string{"rpc", "--data", data, "--log-level", "error"}, flags...)...), lines: make(chan line, 64)}
	h.cmd.Stderr = os.Stderr
	var err error
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	go h.read(out)
	var ready struct {
		PeerID    string   `json:"peerId"`
		Addresses []string `json:"addresses"`
	}
	first, open := <-h.lines
	if !open || first.Method != "ready" {
		return nil, errors.Join(errors.New("haggle rpc is not ready"), h.End())
	}
	if err := json.Unmarshal(first.Params, &ready); err != nil {
		return nil, errors.Join(err, h.End())
	}
	h.ID = ready.PeerID
	if len(ready.Addresses) > 0 {
		h.Address = ready.Addresses[0]
	}
	return h, nil
}

func (h *Headless) read(out io.Reader) {
	defer close(h.lines)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var l line
		if json.Unmarshal(lines.Bytes(), &l) == nil && (l.ID != nil || l.Method == "ready") {
			h.lines <- l
		}
	}
}

// Call calls a method and reads its result into result, which may be nil.
func (h *Headless) Call(method string, params, result any) error {
	h.calls++
	raw, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": h.calls, "method": method, "params": params})
	if err != nil {
		return err
	}
	if _, err := h.in.Write(append(raw, '\n')); err != nil {
		return err
	}
	select {
	case l, open := <-h.lines:
		switch {
		case !open:
			return fmt.Errorf("%s: haggle rpc has ended", method)
		case l.Error != nil:
			return fmt.Errorf("%s: %s", method, l.Error.Message)
		case result != nil:
			return json.Unmarshal(l.Result, result)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer", method)
	}
}

// End ends it in order.
func (h *Headless) End() error {
	err := h.in.Close()
	for range h.lines { // its reader never blocks
	}
	return errors.Join(err, h.cmd.Wait())
}

// until tries something until it holds.
func until(what string, try func() (bool, error)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); ; <-tick.C {
		if ok, err := try(); ok || err != nil {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("%s: not within %v", what, patience)
		}
	}
}

// Until tries something until it holds, for as long as what should take a moment may take.
func Until(what string, try func() (bool, error)) error { return until(what, try) }
