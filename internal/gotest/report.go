package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// soakOnly is the reason given by tests that only "make soak" runs.
const soakOnly = "needs HAGGLE_SOAK"

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of build-output, instead of Package
}

// report turns the events of one go test run into what a person reads.
type report struct {
	out   io.Writer
	short bool // skips are what the caller asked for

	output  map[[2]string][]string // what a test or, under an empty name, its package printed
	seeded  map[[2]string]bool     // fuzz targets of which at least one seed ran
	skipped []string               // "package.Test: reason", as printed
	holes   int                    // skips that leave something untested in CI
	bare    []string               // fuzz targets without a seed
}

// read prints as the events come and returns at their end, or at the first line that is none.
func (r *report) read(events io.Reader) error {
	r.output, r.seeded = map[[2]string][]string{}, map[[2]string]bool{}
	for d := json.NewDecoder(events); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading go test's events: %w", err)
		}
		r.take(e)
	}
}

func (r *report) take(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "pass", "skip", "fail":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
		delete(r.output, key)
	}
}

func (r *report) endTest(e event) {
	key := [2]string{e.Package, e.Test}
	target, _, isSeed := strings.Cut(e.Test, "/")
	if isSeed {
		r.seeded[[2]string{e.Package, target}] = true
	}
	switch {
	case e.Action == "fail":
		for _, line := range r.output[key] {
			if !strings.HasPrefix(line, "=== ") {
				r.print(line)
			}
		}
	case e.Action == "skip" && !r.short:
		why := reason(r.output[key])
		r.skipped = append(r.skipped, e.Package+"."+e.Test+": "+strings.TrimPrefix(why, "skipped: "))
		if !strings.Contains(why, soakOnly) {
			r.holes++
		}
	case e.Action == "pass" && strings.HasPrefix(target, "Fuzz") && !isSeed && !r.seeded[key]:
		r.bare = append(r.bare, e.Package+"."+e.Test)
	}
}

// endPackage prints the package's skips and then its verdict, so that the last line of a run is go test's.
func (r *report) endPackage(e event) {
	for _, s := range r.skipped {
		r.print("skipped " + s + "\n")
	}
	r.skipped = nil
	if e.Action == "skip" {
		return // no test files
	}
	for _, line := range r.output[[2]string{e.Package, ""}] {
		if line != "PASS\n" && !strings.HasPrefix(line, "testing: warning: no tests to run") {
			r.print(line)
		}
	}
}

// print writes s; a report that nobody reads any more is no failure of the tests.
func (r *report) print(s string) { _, _ = io.WriteString(r.out, s) }

// reason is the text of a t.Skip, found among the lines of its test: "    file_test.go:12: needs root".
func reason(lines []string) string {
	for _, line := range lines {
		if _, text, ok := strings.Cut(line, "_test.go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return strings.TrimSpace(text)
			}
		}
	}
	return "no reason given"
}

// problems tells what is wrong although every test that ran has passed.
func (r *report) problems(ci bool) []string {
	var found []string
	if ci && r.holes > 0 {
		found = append(found, fmt.Sprintf("tests skipped that CI has to run: %d", r.holes))
	}
	for _, target := range r.bare {
		found = append(found, target+" has no seed: call f.Add, or add files to testdata/fuzz")
	}
	return found
}
