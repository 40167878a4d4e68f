// Command pair is an end of a conversation without JSON and without a window: Haggle's own node between two pipes. A line on
// standard input is a message to send; on standard output a letter a line says what happened, as bench/ends has it.
//
//	pair -dir /tmp/anna                     # prints ! and how it is reached
//	pair -dir /tmp/ben -dial ID@HOST:PORT
//	pair rpc --data /tmp/carl               # with the JSON of haggle rpc, whose flags it takes
//
// The driver in bench/ measures the node with it, beside what JSON-RPC makes of it. Only tests use it, so it can look into
// itself as the program must not: HAGGLE_PROFILE=DIR HAGGLE_PROFILES=cpu,allocs,block,trace,stages leaves profiles in DIR.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"haggle/chat"
	"haggle/internal/crowd"
	"haggle/peer"
	"haggle/rpc"
	"haggle/storage"
	"haggle/text"
)

// What an end tells.
const (
	ready     = "!"
	linked    = 'l'
	accepted  = 'a'
	received  = 'r'
	delivered = 'd'
)

func main() {
	var cfg config
	if len(os.Args) > 1 && os.Args[1] == "rpc" {
		cfg.json = true
		os.Args = append(os.Args[:1], os.Args[2:]...)
	}
	flag.StringVar(&cfg.dir, "data", "", "the same as dir")
	flag.Bool("no-discovery", true, "as always")
	flag.String("log-level", "", "there is no log")
	flag.StringVar(&cfg.dir, "dir", "", "folder of the profile")
	flag.StringVar(&cfg.listen, "listen", "127.0.0.1:0", "address to listen at")
	flag.StringVar(&cfg.dial, "dial", "", "peer ID and address of the other end, ID@HOST:PORT")
	fill := flag.Bool("fill", false, "fill the folder with a large profile instead, and end")
	flag.Parse()
	if *fill {
		large := crowd.Years
		large.Sellers = 200
		if err := crowd.Fill(cfg.dir, large); err != nil {
			fmt.Fprintln(os.Stderr, "pair:", err)
			os.Exit(1)
		}
		return
	}
	if err := profiled(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "pair:", err)
		os.Exit(1)
	}
}

// config says what an end is: who has dial sends nothing.
type config struct {
	dir, listen, dial string
	json              bool
}

// profiled is run, and what it finds out about itself.
func profiled(cfg config) error {
	end, err := profile()
	if err == nil {
		err = run(cfg)
	}
	return errors.Join(err, end())
}

// run runs an end until its input ends.
func run(cfg config) error {
	if err := os.MkdirAll(cfg.dir, 0o700); err != nil {
		return err
	}
	self, err := peer.LoadIdentity(cfg.dir)
	if err != nil {
		return err
	}
	db, err := storage.Open(storage.Options{Dir: filepath.Join(cfg.dir, "store"), Self: self.ID})
	if err != nil {
		return err
	}
	network, err := peer.New(peer.Config{Identity: self, Listen: cfg.listen, Version: "bench"})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	tell, met := newTeller(), make(chan chat.PeerID, 1)
	endpoint := rpc.New(rpc.Config{In: notedIn{os.Stdin}, Out: notedOut{os.Stdout}, Version: "bench"})
	notify := func(e chat.Event) {
		switch e := e.(type) {
		case chat.PeerOnline:
			select {
			case met <- e.Peer:
			default:
			}
		case chat.MessageReceived:
			tell <- received
		case chat.MessageStateChanged:
			tell <- delivered
		}
	}
	if cfg.json {
		notify = endpoint.Notify
	}
	node, err := chat.New(chat.Config{
		Self: self.Identity, Store: notedStore{db}, Link: notedLink{network}, Name: "bench", Notify: noted(notify),
		Blank: text.Blank, Skeleton: text.Skeleton,
	})
	if err != nil {
		return errors.Join(err, network.Close(), db.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var ran [2]error
	running.Go(func() { ran[0] = network.Run(ctx) })
	running.Go(func() { ran[1] = node.Run(ctx) })
	if cfg.json {
		err = endpoint.Serve(ctx, node)
	} else {
		err = talk(ctx, cfg, node, self.ID, met, tell)
	}
	stop()
	running.Wait()
	return errors.Join(err, ran[0], ran[1], db.Close())
}

// talk posts what comes on standard input to the first who is there.
func talk(ctx context.Context, cfg config, node *chat.Node, self chat.PeerID, met <-chan chat.PeerID, tell teller) error {
	var other chat.PeerID
	buyer, seller := self, self
	if name, address, dial := strings.Cut(cfg.dial, "@"); dial {
		var err error
		if other, err = chat.ParsePeerID(name); err != nil {
			return err
		}
		if _, err := node.AddPeer(ctx, address, other); err != nil {
			return err
		}
		seller = other
	} else {
		fmt.Printf("%s%s@%s\n", ready, self, node.Self().Addresses[0])
		other = <-met
		buyer = other
	}
	room, err := chat.Await(ctx, func(then func(chat.RoomView, error)) {
		node.OpenRoom(buyer, seller, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
	})
	if err != nil {
		return err
	}
	tell <- linked
	refused := make(chan error, 1)
	return lines(func(text string) error {
		node.Post(room.ID, chat.Draft{Text: text}, func(_ chat.Message, err error) {
			if err == nil {
				tell <- accepted
				return
			}
			select {
			case refused <- err:
			default:
			}
		})
		select {
		case err := <-refused:
			return err
		default:
			return nil
		}
	})
}

// lines hands on what comes on standard input, until its end.
func lines(take func(string) error) error {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(line[:len(line)-1])
		}
		if err != nil {
			return err
		}
	}
}

// teller tells from a goroutine of its own, so that the node never waits for the driver.
type teller chan byte

func newTeller() teller {
	t := make(teller, 1<<16)
	go func() {
		var lines []byte
		for what := range t {
			lines = append(lines[:0], what, '\n')
			for len(t) > 0 {
				lines = append(lines, <-t, '\n')
			}
			_, _ = os.Stdout.Write(lines) // a driver that is gone ends this end by its input
		}
	}()
	return t
}
