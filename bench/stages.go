package main

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"haggle/bench/bare"
)

// passages are where a message of W1 comes by, in this order: at the sender or the receiver, and what internal/pair notes
// there. The time from the one before is what is told.
var passages = []struct {
	there bool // at the receiver
	what  string
	told  string
}{
	{false, "read", ""},
	{false, "commit", "request read, message chained and signed"},
	{false, "kept", "on the sender's disk"},
	{false, "sent", "handed to the link"},
	{true, "commit", "over the link, decoded, signature checked"},
	{true, "kept", "on the receiver's disk, receipt signed meanwhile"},
	{true, "sent", "receipt handed to the link"},
	{false, "commit", "over the link, decoded, signature checked"},
	{false, "kept", "tick in the sender's journal"},
	{false, "told", "told by the node"},
	{false, "written", "JSON made and written"},
}

// stages tells where the time of one message goes, and what the machine itself takes for some of it.
func stages(o options) error {
	n := 2000
	if o.quick {
		n = 200
	}
	folder := filepath.Join(o.dir, "stages")
	told, err := o.profiled(folder, "stages", n)
	if err != nil {
		return err
	}
	spent, err := between(folder)
	if err != nil {
		return err
	}
	title("W1, %d one by one: where the time of one goes, us", n)
	row("", "p50", "p90")
	for i, p := range passages[1:] {
		fmt.Printf("  %-52s %8s %12s\n", p.told, number(micro(spent[i].at(50))), number(micro(spent[i].at(90))))
	}
	fmt.Printf("  %-52s %8s %12s\n", "all of it, with the pipes to and from the driver", number(micro(told.at(50))), number(micro(told.at(90))))
	if err := machine(o); err != nil {
		return err
	}
	if o.profile == "" {
		return nil
	}
	for _, kind := range []string{"cpu", "allocs", "block", "trace"} {
		if _, err := o.profiled(o.profile, kind, 5*n); err != nil {
			return err
		}
	}
	fmt.Printf("\nProfiles of both ends are in %s: go tool pprof, or go tool trace, with %s.\n", o.profile, o.pair)
	return nil
}

// profiled is W1 with the node of internal/pair, which leaves a profile in the folder.
func (o options) profiled(folder, kind string, n int) (told spread, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Setenv("HAGGLE_PROFILE", folder), os.Setenv("HAGGLE_PROFILES", kind)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Unsetenv("HAGGLE_PROFILE")) }()
	with := o.paths
	with.program = o.pair
	p, err := with.haggle().open(filepath.Join(o.dir, "profiled-"+kind))
	if err != nil {
		return nil, err
	}
	_, told, err = p.oneByOne(n)
	return told, errors.Join(err, p.close())
}

// notes are the moments that an end noted, by what.
type notes map[string][]int64

// from is the first moment of a kind at or after at; false if there is none.
func (n notes) from(what string, at int64) (int64, bool) {
	i, _ := slices.BinarySearch(n[what], at)
	if i == len(n[what]) {
		return 0, false
	}
	return n[what][i], true
}

// between are the times between passages, of all messages.
func between(folder string) ([]spread, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.stages"))
	if err != nil || len(files) != 2 {
		return nil, fmt.Errorf("notes of two ends are in %q: %w", files, err)
	}
	var ends [2]notes // of the sender and the receiver
	for _, file := range files {
		n, err := readNotes(file)
		if err != nil {
			return nil, err
		}
		which := 0
		if len(ends[0]) > 0 && len(n["read"]) < len(ends[0]["read"]) {
			which = 1
		} else if len(ends[0]) > 0 {
			ends[1] = ends[0]
		}
		ends[which] = n
	}
	spent := make([]spread, len(passages)-1)
	for _, begun := range ends[0]["read"] {
		at := []int64{begun}
		for _, p := range passages[1:] {
			end := ends[0]
			if p.there {
				end = ends[1]
			}
			next, ok := end.from(p.what, at[len(at)-1])
			if !ok {
				break
			}
			at = append(at, next)
		}
		if len(at) < len(passages) {
			continue // the last line read is the end
		}
		for i := range spent {
			spent[i] = append(spent[i], time.Duration(at[i+1]-at[i]))
		}
	}
	if len(spent[0]) == 0 {
		return nil, errors.New("no message passed everywhere")
	}
	return spent, nil
}

func readNotes(file string) (notes, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	n := notes{}
	in := bufio.NewScanner(f)
	for in.Scan() {
		at, what, _ := strings.Cut(in.Text(), " ")
		nanoseconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, err
		}
		n[what] = append(n[what], nanoseconds)
	}
	return n, in.Err()
}

// machine prints what the machine takes for the parts that nothing can do without.
func machine(o options) error {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, message := key.Public().(ed25519.PublicKey), make([]byte, 64) //nolint:forcetypeassert // its documented type
	disk, err := bare.NewDisk(filepath.Join(o.dir, "machine"))
	if err != nil {
		return err
	}
	defer disk.Close()
	var sync, sign, verify spread
	for range 500 {
		begun := time.Now()
		signature := ed25519.Sign(key, message)
		signed := time.Now()
		if !ed25519.Verify(public, message, signature) {
			return errors.New("a signature does not verify")
		}
		verified := time.Now()
		if err := errors.Join(disk.Write(make([]byte, 200)), disk.Sync()); err != nil {
			return err
		}
		sign, verify, sync = append(sign, signed.Sub(begun)), append(verify, verified.Sub(signed)), append(sync, time.Since(verified))
	}
	for _, part := range []struct {
		what string
		took spread
	}{{"the machine: 200 bytes onto the disk", sync}, {"the machine: an Ed25519 signature", sign}, {"the machine: the check of one", verify}} {
		fmt.Printf("  %-52s %8s %12s\n", part.what, number(micro(part.took.at(50))), number(micro(part.took.at(90))))
	}
	return nil
}
