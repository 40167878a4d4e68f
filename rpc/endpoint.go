package rpc

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"haggle/chat"
)

// How long the end may take: first for all that is under way, then without what waits for the network.
const (
	patience     = 2 * time.Second
	lastPatience = 1200 * time.Millisecond
)

// Config says between which streams an Endpoint stands. In and Out are required.
type Config struct {
	In      io.Reader
	Out     io.Writer
	Version string // of the program
	// Prepare makes pictures ready to travel. Nil: none can be sent.
	Prepare Prepare
	Logger  *slog.Logger // nil: none
}

// Endpoint answers requests for one node. Make it with New, before the node, which needs Notify.
type Endpoint struct {
	cfg      Config
	log      *slog.Logger
	out      *outbox
	schedule *scheduler
	pool     chan *call
	files    chan *call
	searches chan *call
	adds     holds
	rooms    pauses

	turn    sync.Mutex // held while a line is handled
	stopped bool       // no further line will be

	// Set once by Serve.
	node    *chat.Node
	self    chat.PeerID
	work    context.Context // ends with Serve
	network context.Context // of calls that wait for it

	names map[chat.RoomID]pair // the writer's
}

// New makes an Endpoint; Serve runs it.
func New(cfg Config) *Endpoint {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Endpoint{
		cfg: cfg, log: cfg.Logger, out: newOutbox(), names: map[chat.RoomID]pair{},
		pool: make(chan *call, maxUnderWay), files: make(chan *call, maxUnderWay), searches: make(chan *call, maxUnderWay),
	}
	e.schedule = newScheduler(e.start)
	return e
}

// Serve says that the node is ready and answers requests until the input ends, the output breaks or ctx ends; then what
// was read is answered, which takes at most 3.2 s. The node must run and be reachable all the while. The error is the
// output's. A read of the input that is under way when ctx ends is left to itself.
func (e *Endpoint) Serve(ctx context.Context, node *chat.Node) error {
	self := node.Self()
	e.node, e.self = node, self.ID
	e.out.first(&item{answer: true, make: func() any { return e.ready(self) }})

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	network, hangUp := context.WithCancel(work)
	defer hangUp()
	e.work, e.network = work, network

	for range poolSize {
		go e.worker(work, e.pool)
	}
	for range filesSize {
		go e.worker(work, e.files)
	}
	for range searchSize {
		go e.worker(work, e.searches)
	}
	answered, written, ended := make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() { defer close(answered); e.schedule.run(work) }()
	go func() { written <- e.write() }()
	go func() { defer close(ended); e.read() }()

	var err error
	broken := false
	select {
	case <-ctx.Done():
	case <-ended:
	case err = <-written:
		broken = true
		e.out.close()
	}
	go e.endInput()
	timer := time.AfterFunc(patience, hangUp)
	defer timer.Stop()
	last := time.NewTimer(patience + lastPatience)
	defer last.Stop()
	select {
	case <-answered:
	case <-last.C:
		e.log.Warn("Requests not answered in time")
		return err
	}
	if broken {
		return err
	}
	e.rooms.end()
	e.out.close()
	select {
	case err = <-written:
	case <-last.C:
		e.log.Warn("Output not read in time")
	}
	return err
}

// read turns lines into calls until the input ends.
func (e *Endpoint) read() {
	defer e.endInput()
	in := newLines(e.cfg.In)
	for {
		e.out.wait()
		if in.empty() {
			runtime.Gosched() // what was read begins before this waits for more
		}
		line, err := in.next()
		if !e.handle(line, err) {
			return
		}
	}
}

// handle reports whether to go on reading.
func (e *Endpoint) handle(line []byte, err error) bool {
	e.turn.Lock()
	defer e.turn.Unlock()
	switch {
	case e.stopped:
		return false
	case err == nil:
		e.accept(line)
	case err == errLongLine: //nolint:errorlint // it is never wrapped
		e.refuse(nil, &Failure{codeRequest, TooLarge, "The line has more than 4 MiB and was skipped; send less at once."})
	default:
		if err != io.EOF { //nolint:errorlint // as io.Reader says
			e.log.Warn("Input not read", "err", err)
		}
		return false
	}
	return true
}

// endInput waits for the line being handled; no other will be.
func (e *Endpoint) endInput() {
	e.turn.Lock()
	defer e.turn.Unlock()
	if !e.stopped {
		e.stopped = true
		close(e.schedule.in)
	}
}

// accept makes a call of a line.
func (e *Endpoint) accept(line []byte) {
	if isBlank(line) {
		return
	}
	r, failure := parseRequest(line)
	if failure != nil {
		e.refuse(r.id, failure)
		return
	}
	c := &call{id: r.id, method: r.method}
	if failure := e.prepare(c, r.params); failure != nil {
		if r.id != nil {
			e.refuse(r.id, failure)
		}
		return
	}
	select {
	case e.schedule.in <- c:
	case <-e.work.Done(): // Serve has given up
	}
}

// prepare finds the method and reads its parameters.
func (e *Endpoint) prepare(c *call, params []byte) *Failure {
	method := methods[c.method]
	if method == nil {
		return &Failure{codeMethod, Unsupported, "There is no such method; check its name."}
	}
	a := newArgs(params)
	c.job = method(e, a)
	return a.finish()
}

// start runs a call at its place. The scheduler's goroutine calls it.
func (e *Endpoint) start(c *call) {
	switch c.place {
	case onNode:
		c.run(e.answerTo(c))
	case inPool:
		e.pool <- c
	case inFiles:
		e.files <- c
	case inSearch:
		e.searches <- c
	case onItsOwn:
		go c.run(e.answerTo(c))
	}
}

func (e *Endpoint) worker(ctx context.Context, calls <-chan *call) {
	for {
		select {
		case c := <-calls:
			e.out.wait() // a page may be large
			c.run(e.answerTo(c))
		case <-ctx.Done():
			return
		}
	}
}

// answerTo queues the answer to a call and says that it ended.
func (e *Endpoint) answerTo(c *call) answer {
	return func(result func() any, err error) {
		switch {
		case err != nil:
			failure := failureOf(err)
			if failure == nil {
				e.log.Error("Request failed", "method", c.method, "err", err)
				failure = internal
			}
			if c.id != nil {
				e.refuse(c.id, failure)
			}
		case c.id == nil:
		case c.class != reads: // the node may be calling, and has better to do than making JSON
			e.out.add(&item{answer: true, size: 1 << 10, make: func() any { return respond(c.id, result()) }})
		default:
			line := encode(respond(c.id, result()))
			e.out.add(&item{answer: true, size: len(line), line: line})
		}
		e.schedule.done <- c
	}
}

// refuse queues an error for the request with this id, null if there is none.
func (e *Endpoint) refuse(id []byte, f *Failure) {
	e.out.add(&item{answer: true, size: 512 + len(id), make: func() any { return refuse(id, f) }})
}
