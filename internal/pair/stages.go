package main

import (
	"bufio"
	"fmt"
	"io"
	"sync"
	"time"

	"haggle/chat"
)

// stages notes when a message passes from one part of the node to the next, at the seams between them: nothing in the
// program itself takes times. The driver puts both ends' notes together.
var stages stamps

// What is noted: bench/stages.go knows the names, too.
const (
	readLine  = "read"    // a line of input came
	committed = "commit"  // the node handed a change to the store
	kept      = "kept"    // the store has it
	sent      = "sent"    // the node handed a message or a receipt to the network
	toldOf    = "told"    // the node told of a message or of a tick
	wroteLine = "written" // the output took what was written
)

type stamps struct {
	on   bool // set before anything runs
	mu   sync.Mutex
	list []stamp
}

type stamp struct {
	at   time.Time
	what string
}

func (s *stamps) note(what string) {
	if !s.on {
		return
	}
	at := time.Now()
	s.mu.Lock()
	s.list = append(s.list, stamp{at, what})
	s.mu.Unlock()
}

// write writes a line each: nanoseconds, and what.
func (s *stamps) write(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := bufio.NewWriter(w)
	for _, n := range s.list {
		_, _ = fmt.Fprintln(out, n.at.UnixNano(), n.what)
	}
	return out.Flush()
}

// The seams.
type (
	notedStore struct{ chat.Store }
	notedLink  struct{ chat.Link }
	notedIn    struct{ io.Reader }
	notedOut   struct{ io.Writer }
)

func (s notedStore) Commit(b chat.Batch, done func(error)) {
	stages.note(committed)
	s.Store.Commit(b, func(err error) {
		stages.note(kept)
		done(err)
	})
}

func (l notedLink) Send(to chat.Remote, f chat.Frame) error {
	switch f.(type) {
	case chat.Entries, chat.ReceiptFrame:
		stages.note(sent)
	}
	return l.Link.Send(to, f)
}

func (r notedIn) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	stages.note(readLine)
	return n, err
}

func (w notedOut) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	stages.note(wroteLine)
	return n, err
}

// noted is notify with the moments at which it is told of messages and ticks.
func noted(notify func(chat.Event)) func(chat.Event) {
	return func(e chat.Event) {
		switch e.(type) {
		case chat.MessageReceived, chat.MessageStateChanged:
			stages.note(toldOf)
		}
		notify(e)
	}
}
