// Command bench measures Haggle beside what people would pick instead, on this machine and in the same minutes: two
// processes over loopback, driven as a person's program would drive them. "make bench" runs it; docs/performance.md keeps
// what came out and says what limits each figure.
//
//	go run . -program ../build/haggle -part compare
//
// It also is the programs it compares Haggle with: packages floor, jetstream and bare. Haggle's own node without JSON is
// internal/pair.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"haggle/bench/bare"
	"haggle/bench/floor"
	"haggle/bench/jetstream"
)

func main() {
	run := measure
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		run = end
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// end is one of the programs that are measured.
func end(args []string) error {
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	dir := flags.String("dir", "", "folder for what is kept")
	listen := flags.String("listen", "", "address to listen at")
	dial := flags.String("dial", "", "address to dial")
	sync := flags.Bool("sync", false, "sync each message")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "floor":
		return floor.Run(floor.Config{Dir: *dir, Listen: *listen, Dial: *dial, Sync: true})
	case "bare":
		return bare.Run(bare.Config{Dir: *dir, Listen: *listen, Dial: *dial, TLS: floor.TLSConfig})
	case "badger":
		return floor.Idle(*dir)
	case "jetstream-keep":
		return jetstream.Keep(*dir, *sync)
	case "jetstream-publish":
		return jetstream.Publish(*dial)
	case "jetstream-read":
		return jetstream.Read(*dial)
	}
	return fmt.Errorf("no program is called %q", args[0])
}

// options say how much is measured.
type options struct {
	paths
	quick   bool
	rounds  int
	dir     string // for everything that is kept
	profile string // for profiles; empty for none
}

// parts are what can be measured, in this order.
var parts = []struct {
	name string
	run  func(options) error
}{
	{"compare", compare}, {"stages", stages}, {"away", longAway}, {"scale", scale}, {"desk", desk}, {"idle", idle},
}

func measure(args []string) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.program, "program", "haggle", "the program to measure")
	flags.StringVar(&o.pair, "pair", "pair", "the program that is Haggle's node without JSON")
	flags.BoolVar(&o.quick, "quick", false, "take a minute: less of everything, to see that it works")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each thing is measured")
	part := flags.String("part", "", "measure only these, with commas: compare, stages, away, scale, desk, idle")
	flags.StringVar(&o.profile, "profile", "", "folder that part stages leaves profiles of both ends in; none if empty")
	folder := flags.String("dir", "", "where to keep what is kept meanwhile; the system's folder for that if empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.self, err = os.Executable(); err != nil {
		return err
	}
	for _, program := range []*string{&o.program, &o.pair} {
		if *program, err = filepath.Abs(*program); err != nil {
			return err
		}
	}
	if o.dir, err = os.MkdirTemp(*folder, "haggle-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(o.dir) }()
	if o.quick {
		o.rounds = min(o.rounds, 1)
	}
	chosen := strings.Split(*part, ",")
	for _, p := range parts {
		if *part == "" || slices.Contains(chosen, p.name) {
			if err := p.run(o); err != nil {
				return errors.Join(fmt.Errorf("part %s: %w", p.name, err))
			}
		}
	}
	return nil
}
