// Command gotest runs "go test" with the arguments it is given and prints what a person has to read: the output of what
// failed, the names of the tests that were skipped and why, and go test's own line for each package.
//
//	go run ./internal/gotest -race ./chat/...
//
// It exits with status 1 where go test does, and also if a fuzz target ran without a single seed, or if the environment
// has CI=true and a test was skipped: CI installs what the tests need, so a skip there is a hole. Two kinds of skip are
// meant and pass: those of -short, and tests that are part of "make soak" alone.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	r := report{out: os.Stdout, short: slices.Contains(os.Args[1:], "-short")}
	err := run(&r, os.Args[1:])
	for _, problem := range r.problems(os.Getenv("CI") == "true") {
		fmt.Fprintln(os.Stderr, "gotest:", problem)
		err = errors.Join(err, errors.New(problem))
	}
	if err != nil {
		os.Exit(1)
	}
}

// run feeds r with the events of go test and returns go test's own verdict.
func run(r *report, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		return err
	}
	readErr := r.read(events)
	if readErr != nil {
		fmt.Fprintln(os.Stderr, "gotest:", readErr)
		_, _ = io.Copy(io.Discard, events)
	}
	return errors.Join(readErr, cmd.Wait())
}
