// Package jetstream has the ends for NATS JetStream: a store in the middle as a process of its own, one who publishes and one
// who reads.
//
// The common case: Keep in one process, Publish and Read in two others; see package ends for how they are driven.
//
// What is compared is not the same: JetStream keeps a message once, in the middle, without TLS and without signatures, and
// whoever reads keeps nothing.
package jetstream

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"haggle/bench/ends"
)

const (
	stream  = "ROOM"
	subject = "room"

	pending = 4096 // messages published and not acknowledged
)

// Keep runs the store until standard input ends.
func Keep(dir string, sync bool) error {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, SyncAlways: sync,
		SyncInterval: 2 * time.Minute, // its default
		NoLog:        true, NoSigs: true, MaxPayload: 1 << 20,
	})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return errors.New("JetStream is not ready")
	}
	ends.TellReady(s.ClientURL())
	_, err = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
	return err
}

// Publish publishes what comes on standard input.
func Publish(url string) error {
	conn, js, err := dial(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := js.AddStream(&nats.StreamConfig{Name: stream, Subjects: []string{subject}, Storage: nats.FileStorage}); err != nil {
		return err
	}
	ends.TellReady("")
	waiting := make(chan nats.PubAckFuture, pending)
	told := make(chan error, 1)
	go func() { told <- tell(waiting) }()
	err = ends.Messages(func(texts [][]byte) error {
		for _, text := range texts {
			future, err := js.PublishAsync(subject, text, nats.StallWait(time.Minute))
			if err != nil {
				return err
			}
			waiting <- future
		}
		return nil
	})
	close(waiting)
	return errors.Join(err, <-told)
}

// tell tells of acknowledgements, as many at a time as have come.
func tell(waiting <-chan nats.PubAckFuture) error {
	n := 0
	flush := func() {
		ends.Tell(ends.Accepted, n)
		ends.Tell(ends.Delivered, n)
		n = 0
	}
	defer flush()
	for future := range waiting {
		select {
		case <-future.Ok():
		default:
			flush()
			select {
			case <-future.Ok():
			case err := <-future.Err():
				return err
			}
		}
		if n++; len(waiting) == 0 {
			flush()
		}
	}
	return nil
}

// Read reads all there is and will be, until standard input ends.
func Read(url string) error {
	conn, js, err := dial(url)
	if err != nil {
		return err
	}
	messages := make(chan *nats.Msg, 1<<16)
	if _, err := js.ChanSubscribe(subject, messages, nats.OrderedConsumer(), nats.DeliverAll()); err != nil {
		return err
	}
	ends.TellReady("")
	go func() {
		for range messages {
			n := 1
			for len(messages) > 0 {
				<-messages
				n++
			}
			ends.Tell(ends.Received, n)
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	conn.Close()
	return err
}

func dial(url string) (*nats.Conn, nats.JetStreamContext, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, nil, err
	}
	js, err := conn.JetStream(nats.PublishAsyncMaxPending(pending))
	return conn, js, err
}
