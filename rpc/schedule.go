package rpc

import (
	"context"

	"haggle/chat"
)

// maxUnderWay is how many requests may be started and unanswered. Further ones wait to be read.
const maxUnderWay = 4096

// job is what a request asks for, with its parameters checked.
type job struct {
	lane  lane
	class class
	place place
	// run does it and calls answer once. Where place is onNode it does not wait: the node's goroutine answers.
	run func(answer answer)
}

// answer takes the result. result is called later, on the goroutine that makes JSON of what it returns; it is nil when
// there is an error.
type answer func(result func() any, err error)

// lane is what jobs are kept in line order for. The zero lane orders nothing.
type lane struct {
	kind laneKind
	room chat.RoomID
}

type laneKind uint8

const (
	noLane laneKind = iota
	roomLane
	selfLane     // the own profile and settings
	listingsLane // all goods
	doctorLane   // one diagnosis at a time
)

func laneOf(id chat.RoomID) lane { return lane{roomLane, id} }

// class says with which of its neighbours in the lane a job may be under way.
type class uint8

const (
	alone  class = iota // begins when all before it have ended, and all after it wait
	writes              // handed to the node without waiting for other writes; it keeps their order
	reads               // together with other reads
)

// place is where a job runs.
type place uint8

const (
	onNode   place = iota // handed to the node by the scheduler's goroutine
	inPool                // reads the store: one of a few goroutines
	inFiles               // prepares or saves pictures: others again, for that takes seconds
	inSearch              // reads much of the store: others, so that pages need not wait
	onItsOwn              // waits for the network
)

const (
	poolSize   = 4
	filesSize  = 4
	searchSize = 2
)

// call is a job of a request that was read.
type call struct {
	job
	id     []byte // nil: nobody wants to know
	method string
}

// queueOf is the state of a lane with jobs.
type queueOf struct {
	running int
	class   class // of those running
	waiting []*call
}

// scheduler starts calls. Its goroutine owns the lanes.
type scheduler struct {
	in       chan *call
	start    func(*call) // must not wait
	done     chan *call  // has room for all that may be under way, so telling of an end never waits
	lanes    map[lane]*queueOf
	underWay int
}

func newScheduler(start func(*call)) *scheduler {
	return &scheduler{in: make(chan *call, 64), start: start, done: make(chan *call, maxUnderWay), lanes: map[lane]*queueOf{}}
}

// run starts what comes in until in is closed, and returns when all has ended, or when ctx does.
func (s *scheduler) run(ctx context.Context) {
	in := s.in
	for in != nil || s.underWay > 0 {
		accept := in
		if s.underWay >= maxUnderWay {
			accept = nil
		}
		select {
		case c, open := <-accept:
			if !open {
				in = nil
				continue
			}
			s.underWay++
			s.add(c)
		case c := <-s.done:
			s.underWay--
			s.ended(c)
		case <-ctx.Done():
			return
		}
	}
}

func (s *scheduler) add(c *call) {
	if c.lane.kind == noLane {
		s.start(c)
		return
	}
	q := s.lanes[c.lane]
	if q == nil {
		q = &queueOf{}
		s.lanes[c.lane] = q
	}
	q.waiting = append(q.waiting, c)
	s.advance(q)
}

func (s *scheduler) ended(c *call) {
	q := s.lanes[c.lane]
	if q == nil {
		return
	}
	q.running--
	s.advance(q)
	if q.running == 0 {
		delete(s.lanes, c.lane) // nothing waits either, or it would run
	}
}

// advance starts what stands first in a lane as long as it may run beside what runs.
func (s *scheduler) advance(q *queueOf) {
	for len(q.waiting) > 0 {
		c := q.waiting[0]
		if q.running > 0 && (c.class == alone || c.class != q.class) {
			return
		}
		q.waiting[0] = nil
		q.waiting = q.waiting[1:]
		q.running++
		q.class = c.class
		s.start(c)
	}
}
