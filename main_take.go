package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/peer/discovery"
	"haggle/storage"
	"haggle/take"
)

// errNoKiosk says that no kiosk with this code was found.
var errNoKiosk = errors.New("no kiosk with this code is on the network")

const (
	lookForKiosk = 10 * time.Second
	comingSuffix = ".coming" // of the folder of a profile that is not complete
	homeSuffix   = "-kiosk"  // of the folder beside a profile that is there already
)

// takeHomeTo makes a new profile folder out of what a kiosk holds of the guest with this code, and returns it. data is the
// folder, which must have no profile yet; if it is empty, it is the usual one or, since that is somebody's already, one beside
// it. take.ErrBadCode, take.ErrWrongCode, errNoKiosk, fs.ErrExist; with take.ErrUnconfirmed the folder is complete.
func takeHomeTo(ctx context.Context, input, data string, interfaces []string, log *slog.Logger) (dir string, err error) {
	offer, err := take.Parse(input)
	if err != nil {
		return "", err
	}
	if dir, err = homeDir(data); err != nil {
		return "", err
	}
	talk, self, err := findKiosk(ctx, offer, interfaces, log)
	if err != nil {
		return "", err
	}
	defer func() { _ = talk.Close() }()
	defer context.AfterFunc(ctx, func() { _ = talk.NetConn().Close() })()
	binding, err := talk.Binding(talk.Peer, self)
	if err != nil {
		return "", err
	}
	err = take.Take(talk, binding, offer.Code, func(r io.Reader) error { return keepProfile(dir, r, log) })
	if err != nil && !errors.Is(err, take.ErrUnconfirmed) {
		return "", err
	}
	return dir, err
}

// homeDir is the folder for the profile that comes.
func homeDir(data string) (string, error) {
	dir, err := profileDir(data)
	if err != nil {
		return "", err
	}
	if data != "" {
		if taken(dir) {
			return "", fmt.Errorf("%s holds a profile already: %w", dir, fs.ErrExist)
		}
		return dir, nil
	}
	for i := 1; taken(dir); i++ {
		if dir, err = profileDir(""); err != nil {
			return "", err
		}
		if dir += homeSuffix; i > 1 {
			dir += "-" + strconv.Itoa(i)
		}
	}
	return dir, nil
}

// taken reports whether there is anything in a folder, or it cannot be looked into.
func taken(dir string) bool {
	entries, err := os.ReadDir(dir)
	return !errors.Is(err, fs.ErrNotExist) && (err != nil || len(entries) > 0)
}

// keepProfile makes the profile in a folder beside dir and moves it there once it is complete and durable. What a try before
// it left incomplete is of no use to anybody: the kiosk still had the guest.
func keepProfile(dir string, from io.Reader, log *slog.Logger) error {
	coming := dir + comingSuffix
	if err := os.RemoveAll(coming); err != nil {
		return fmt.Errorf("profile folder: %w", err)
	}
	if err := os.MkdirAll(coming, ownerOnly); err != nil {
		return fmt.Errorf("profile folder: %w", err)
	}
	if err := fillProfile(coming, from, log); err != nil {
		return errors.Join(err, os.RemoveAll(coming))
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty one
		return fmt.Errorf("profile folder: %w", err)
	}
	if err := os.Rename(coming, dir); err != nil {
		return fmt.Errorf("profile folder: %w", err)
	}
	return syncFolder(filepath.Dir(dir))
}

func fillProfile(dir string, from io.Reader, log *slog.Logger) error {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(head[:]) != ed25519.SeedSize {
		return chat.ErrMalformed
	}
	seed := make([]byte, ed25519.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(from, seed); err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(seed)
	defer clear(key)
	self := chat.PeerID(key[ed25519.SeedSize:])
	store, err := storage.Open(storage.Options{Dir: filepath.Join(dir, storeDir), Self: self, Logger: log})
	if err != nil {
		return err
	}
	if err := chat.Import(self, store, store, from); err != nil {
		return errors.Join(err, store.Close())
	}
	if err := store.Close(); err != nil {
		return err
	}
	return peer.KeepIdentity(dir, key)
}

// findKiosk begins a talk with the kiosk of a code: where its URI says, or with whoever on the network the code fits.
func findKiosk(ctx context.Context, offer take.Offer, interfaces []string, log *slog.Logger) (*peer.Aside, chat.PeerID, error) {
	last := errNoKiosk
	ask := func(address string, want chat.PeerID) (*peer.Aside, chat.PeerID) {
		talk, self, err := peer.AskAside(ctx, address, want)
		if err != nil {
			last = fmt.Errorf("%w: %w", errNoKiosk, err)
		}
		return talk, self
	}
	for _, address := range offer.Kiosk.Addresses {
		if talk, self := ask(address, offer.Kiosk.Peer); talk != nil {
			return talk, self, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookForKiosk)
	defer cancel()
	var nobody discovery.Announcement // it listens and asks; it has nothing to announce
	if _, err := rand.Read(nobody.Peer[:]); err != nil {
		return nil, chat.PeerID{}, err
	}
	d := discovery.New(discovery.Config{Self: nobody, Interfaces: interfaces, Logger: log})
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			log.Warn("Discovery ended", "err", err)
		}
	}()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, chat.PeerID{}, last
		case <-again.C:
			d.Kick() // an answer may be lost, and somebody waits
		case <-d.Networks():
		case seen := <-d.Sightings():
			for _, s := range seen {
				if s.Gone || !offer.Code.Fits(s.Peer) {
					continue
				}
				for _, address := range s.Addrs {
					if talk, self := ask(address.String(), s.Peer); talk != nil {
						return talk, self, nil
					}
				}
			}
		}
	}
}

const takeUsage = `haggle take CODE [--data DIR] [--interface NAME] brings your chats from a kiosk.

CODE is what the kiosk shows, or the text of its QR code. They come into a profile of their own: DIR, which must be new, or
the usual folder, or one beside it if you have a profile already.
`

// takeCommand is haggle take: it returns the exit status.
func takeCommand(args []string, out, messages io.Writer) int {
	var data string
	var interfaces names
	level := slog.LevelWarn
	var code []string
	for len(args) > 0 { // the code may come before the flags
		flags := flag.NewFlagSet("haggle take", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		flags.StringVar(&data, "data", data, "")
		flags.Var(&interfaces, "interface", "")
		flags.TextVar(&level, "log-level", level, "")
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			_, _ = fmt.Fprint(out, takeUsage)
			return statusDone
		case err != nil:
			_, _ = fmt.Fprintf(messages, "haggle: %v\n%s", err, takeUsage)
			return statusUsage
		}
		if args = flags.Args(); len(args) > 0 {
			code, args = append(code, args[0]), args[1:]
		}
	}
	input := ""
	for _, c := range code { // groups may be typed apart
		input += c
	}
	if input == "" {
		_, _ = fmt.Fprint(messages, takeUsage)
		return statusUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(messages, &slog.HandlerOptions{Level: level}))
	dir, err := takeHomeTo(ctx, input, data, interfaces, log)
	if err != nil && !errors.Is(err, take.ErrUnconfirmed) {
		_, _ = fmt.Fprintf(messages, "haggle: %s\n", whyNotTaken(err))
		log.Info("Not taken", "err", err)
		return statusFailed
	}
	_, _ = fmt.Fprintf(out, "Your chats are here. Open them with: haggle --data %s\n", strconv.Quote(dir))
	if err != nil {
		_, _ = fmt.Fprintln(messages, "haggle: the kiosk did not confirm that it forgot them; end the visit there.")
	}
	return statusDone
}

// whyNotTaken tells a person what to do.
func whyNotTaken(err error) string {
	switch {
	case errors.Is(err, take.ErrBadCode):
		return "this is not a code of a kiosk; look at each character again"
	case errors.Is(err, take.ErrWrongCode):
		return "the kiosk does not take this code; it may be over, then ask the kiosk for another"
	case errors.Is(err, errNoKiosk):
		return "no kiosk with this code was found; be on the same network, and look whether the code is over"
	case errors.Is(err, fs.ErrExist):
		return "this folder has something in it; name another with --data"
	case errors.Is(err, chat.ErrDiskFull):
		return "the disk is full; nothing was moved"
	default:
		return "the chats did not come: " + err.Error()
	}
}
