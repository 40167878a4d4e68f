package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
)

// Where an end leaves what it finds out about itself, and what that is: names of kinds with commas.
const (
	profileFolder = "HAGGLE_PROFILE"
	profileKinds  = "HAGGLE_PROFILES"
)

// kinds are what an end can find out: start begins it, and its result ends it.
var kinds = map[string]func(io.Writer) (end func() error, err error){
	"cpu": func(w io.Writer) (func() error, error) {
		return func() error { pprof.StopCPUProfile(); return nil }, pprof.StartCPUProfile(w)
	},
	"trace": func(w io.Writer) (func() error, error) {
		return func() error { trace.Stop(); return nil }, trace.Start(w)
	},
	"allocs": func(w io.Writer) (func() error, error) {
		runtime.MemProfileRate = 1 << 10
		return func() error { return pprof.Lookup("allocs").WriteTo(w, 0) }, nil
	},
	"block": func(w io.Writer) (func() error, error) {
		runtime.SetBlockProfileRate(1)
		return func() error { return pprof.Lookup("block").WriteTo(w, 0) }, nil
	},
	"stages": func(w io.Writer) (func() error, error) {
		stages.on = true
		return func() error { return stages.write(w) }, nil
	},
}

// profile begins what the environment asks for; its result ends it and leaves files PID.KIND in the folder.
func profile() (end func() error, err error) {
	folder := os.Getenv(profileFolder)
	var ends []func() error
	end = func() error {
		var err error
		for _, e := range ends {
			err = errors.Join(err, e())
		}
		return err
	}
	if folder == "" {
		return end, nil
	}
	for name := range strings.SplitSeq(os.Getenv(profileKinds), ",") {
		start, known := kinds[name]
		if !known {
			return end, fmt.Errorf("no profile is called %q", name)
		}
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.%s", os.Getpid(), name)))
		if err != nil {
			return end, err
		}
		stop, err := start(f)
		if err != nil {
			return end, errors.Join(err, f.Close())
		}
		ends = append(ends, stop, f.Close)
	}
	return end, nil
}
