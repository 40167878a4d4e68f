package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// object is what a request has as its parameters.
type object = map[string]any

// failure is an error as the program told it.
type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    *struct {
		Kind string `json:"kind"`
	} `json:"data"`
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s: %s", f.Code, f.kind(), f.Message) }

func (f *failure) kind() string {
	if f.Data == nil {
		return ""
	}
	return f.Data.Kind
}

// errGone says that the process ended before it answered.
var errGone = errors.New("the process ended before it answered")

// request is one that was sent; its answer may be there or not.
type request struct {
	sent time.Time
	done chan struct{} // closed once the rest is set

	at     time.Time
	line   int // where the answer stands in the output
	result json.RawMessage
	err    error // *failure, errGone
}

// wait returns the result. An error is a *failure, errGone, or no answer in time.
func (r *request) wait(within time.Duration) (json.RawMessage, error) {
	select {
	case <-r.done:
		return r.result, r.err
	default:
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-r.done:
		return r.result, r.err
	case <-timer.C:
		return nil, fmt.Errorf("no answer within %v", within)
	}
}

// took is the time from the request to its answer, which is there.
func (r *request) took() time.Duration { return r.at.Sub(r.sent) }

// notice is a notification; params may be decoded.
type notice struct {
	method string
	params json.RawMessage
	at     time.Time
	line   int // where it stands in the output
}

// wire is a program's input and output. Methods may be called from any goroutine.
type wire struct {
	writing sync.Mutex
	in      io.WriteCloser

	mu      sync.Mutex
	last    int // request ID
	waiting map[int]*request
	notices []notice
	strays  []*failure    // answers under the ID null
	broken  []string      // what was wrong with the output
	more    chan struct{} // closed and made anew when notices or strays grow, or the output ends
	lines   int
	ended   bool

	meter atomic.Pointer[meter] // counts the lines instead, when there is one
}

func (w *wire) init() {
	w.waiting, w.more = map[int]*request{}, make(chan struct{})
}

// send writes a request and does not wait for its answer.
func (w *wire) send(method string, params object) *request {
	w.writing.Lock()
	defer w.writing.Unlock()
	r := &request{done: make(chan struct{})}
	w.mu.Lock()
	w.last++
	id := w.last
	w.waiting[id] = r
	ended := w.ended
	w.mu.Unlock()
	line, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  object `json:"params,omitempty"`
	}{"2.0", id, method, params})
	if err != nil {
		panic(err) // the test's own words
	}
	r.sent = time.Now()
	if !ended {
		_, err = w.in.Write(append(line, '\n'))
	}
	if ended || err != nil {
		w.mu.Lock()
		w.drop(id)
		w.mu.Unlock()
	}
	return r
}

// sendLine writes a line as it is.
func (w *wire) sendLine(line string) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err := io.WriteString(w.in, line+"\n")
	return err
}

func (w *wire) closeInput() {
	w.writing.Lock()
	defer w.writing.Unlock()
	_ = w.in.Close() // the process may be gone
}

// drop gives a request up. w.mu is held.
func (w *wire) drop(id int) {
	if r := w.waiting[id]; r != nil {
		delete(w.waiting, id)
		r.err, r.at = errGone, time.Now()
		close(r.done)
	}
}

// read takes the output until its end.
func (w *wire) read(out io.Reader) {
	lines := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		at := time.Now()
		if err != nil {
			break // a line without an end is what a killed process leaves
		}
		if m := w.meter.Load(); m != nil {
			m.take(line, at)
			continue
		}
		w.take(line, at)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for id := range w.waiting {
		w.drop(id)
	}
	close(w.more)
}

func (w *wire) take(line []byte, at time.Time) {
	var l struct {
		Version string          `json:"jsonrpc"`
		ID      *int            `json:"id"`
		Method  string          `json:"method"`
		Params  json.RawMessage `json:"params"`
		Result  json.RawMessage `json:"result"`
		Error   *failure        `json:"error"`
	}
	err := json.Unmarshal(line, &l)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines++
	switch {
	case err != nil || l.Version != "2.0" || (l.Error != nil) == (l.Result != nil || l.Method != ""):
		w.broken = append(w.broken, fmt.Sprintf("line %d is no answer and no notification: %.300q", w.lines, line))
	case l.Method != "":
		w.notices = append(w.notices, notice{l.Method, l.Params, at, w.lines})
		w.wake()
	case l.ID == nil:
		w.strays = append(w.strays, l.Error)
		w.wake()
	case w.waiting[*l.ID] == nil:
		w.broken = append(w.broken, fmt.Sprintf("line %d answers what was not asked, or again: %.300q", w.lines, line))
	default:
		r := w.waiting[*l.ID]
		delete(w.waiting, *l.ID)
		r.at, r.line, r.result = at, w.lines, l.Result
		if l.Error != nil {
			r.err = l.Error
		}
		close(r.done)
	}
}

// wake wakes whoever waits for more. w.mu is held.
func (w *wire) wake() {
	close(w.more)
	w.more = make(chan struct{})
}

// since returns the notices from a position on, and a channel that is closed when there are more; ended tells that there
// will be none.
func (w *wire) since(from int) (list []notice, more <-chan struct{}, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.notices[from:len(w.notices):len(w.notices)], w.more, w.ended
}

// first waits for the first notification, or for the line that stands for it when the program cannot start.
func (w *wire) first(within time.Duration) (notice, bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		list, more, ended := w.since(0)
		switch {
		case len(list) > 0:
			return list[0], true
		case ended:
			w.mu.Lock()
			defer w.mu.Unlock()
			n := notice{method: "nothing"}
			if len(w.strays) > 0 {
				n = notice{method: "error", params: json.RawMessage(w.strays[0].Error())}
			}
			return n, false
		}
		select {
		case <-more:
		case <-timer.C:
			return notice{method: "nothing"}, false
		}
	}
}

// call asks and waits for a result of type T, which must have exactly T's members.
func call[T any](p *program, method string, params object) T {
	p.t.Helper()
	return result[T](p, method, p.send(method, params))
}

// result waits for what was asked with send.
func result[T any](p *program, method string, r *request) T {
	p.t.Helper()
	raw, err := r.wait(patience)
	if err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	return decode[T](p.t, raw)
}

// refusal asks for what must be refused, and returns how.
func refusal(p *program, method string, params object) *failure {
	p.t.Helper()
	raw, err := p.send(method, params).wait(patience)
	var f *failure
	if !errors.As(err, &f) {
		p.t.Fatalf("%s %v: %v %s, want a refusal", method, params, err, raw)
	}
	if strings.TrimSpace(f.Message) == "" || strings.Contains(f.Message, "\n") {
		p.t.Errorf("%s %v: the message is %q, want a sentence", method, params, f.Message)
	}
	return f
}

// wantRefused asks for what must be refused with a kind.
func wantRefused(p *program, kind, method string, params object) {
	p.t.Helper()
	if f := refusal(p, method, params); f.kind() != kind {
		p.t.Errorf("%s %v: %v, want kind %s", method, params, f, kind)
	}
}

// watch sees the notifications from a moment on.
type watch struct {
	p    *program
	from int
}

// watch begins now.
func (p *program) watch() watch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return watch{p, len(p.notices)}
}

// fromStart sees all notifications of the process.
func (p *program) fromStart() watch { return watch{p, 0} }

// await waits for a notification since the watch began that matches, and returns it with the time it came.
func await[T any](w watch, within time.Duration, method string, match func(T) bool) (T, time.Time) {
	w.p.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	from, seen := w.from, 0
	for {
		list, more, ended := w.p.since(from)
		for _, n := range list {
			if n.method != method {
				continue
			}
			seen++
			if params := decode[T](w.p.t, n.params); match(params) {
				return params, n.at
			}
		}
		from += len(list)
		if ended {
			w.p.t.Fatalf("%s: the process ended; %d others came", method, seen)
		}
		select {
		case <-more:
		case <-timer.C:
			w.p.t.Fatalf("%s: not within %v; %d others came. Last notices: %s", method, within, seen, w.p.recent())
		}
	}
}

// recent shows the newest notices, for messages of failed tests.
func (w *wire) recent() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, n := range w.notices[max(0, len(w.notices)-8):] {
		fmt.Fprintf(&b, "\n  %s %.240s", n.method, n.params)
	}
	return b.String()
}

// count is how many notices of a kind came since the watch began.
func (w watch) count(method string) int {
	list, _, _ := w.p.since(w.from)
	count := 0
	for _, n := range list {
		if n.method == method {
			count++
		}
	}
	return count
}

// until asks again and again until cond holds: whenever a notice comes, and at least every 50 ms.
func until(p *program, within time.Duration, what string, cond func() bool) time.Duration {
	p.t.Helper()
	begun := time.Now()
	for !cond() {
		if time.Since(begun) > within {
			p.t.Fatalf("not within %v: %s. Last notices: %s", within, what, p.recent())
		}
		_, more, ended := p.since(0)
		if ended {
			p.t.Fatalf("the process ended before: %s", what)
		}
		select {
		case <-more:
		case <-time.After(50 * time.Millisecond):
		}
	}
	return time.Since(begun)
}

// decode reads JSON that must have exactly the members of T.
func decode[T any](t testing.TB, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := exact(&v, raw); err != nil {
		t.Fatalf("%v: %.600s", err, raw)
	}
	return v
}
