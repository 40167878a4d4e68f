// Command mutants breaks the program on purpose, one fault at a time, and sees that a test notices: the test of the tests
// (make mutants). Each mutant replaces one piece of code in a copy of the tree and runs the test that must fail; a mutant
// that no longer fits the code, does not compile, or survives, ends the run with an error.
//
// mutants_test.go keeps the table fitting to the code in every ordinary test run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// deadline of one mutant's test run: a mutant that hangs is caught, too, by go test's own timeout below it.
const deadline = 5 * time.Minute

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries the mutants named, all of them if none is.
func run(names []string) error {
	work, err := os.MkdirTemp("", "haggle-mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := copyTree(".", work); err != nil {
		return fmt.Errorf("copy the tree: %w", err)
	}
	survived := 0
	for _, m := range table {
		if len(names) > 0 && !contains(names, m.name) {
			continue
		}
		start := time.Now()
		verdict, err := m.try(work)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if verdict != "caught" {
			survived++
		}
		fmt.Printf("%-9s %-28s %s (%.0fs)\n", verdict, m.name, m.caughtBy(), time.Since(start).Seconds())
	}
	if survived > 0 {
		return fmt.Errorf("%d survived", survived)
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// try applies the mutant in dir, runs its test and puts the file back.
func (m mutant) try(dir string) (verdict string, err error) {
	path := filepath.Join(dir, filepath.FromSlash(m.file))
	whole, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	broken, err := m.apply(string(whole))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.WriteFile(path, whole, 0o600)) }()
	out, err := goCommand(dir, "test", "-count=1", "-timeout=120s", "-run", m.test, m.pkg)
	switch {
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "no tests to run"):
		return "", fmt.Errorf("its test did not run:\n%s", out)
	case err == nil:
		return "SURVIVED", nil
	default:
		return "caught", nil
	}
}

// apply replaces the one place the mutant means.
func (m mutant) apply(code string) (string, error) {
	if n := strings.Count(code, m.old); n != 1 {
		return "", fmt.Errorf("%s holds the code to break %d times, want once", m.file, n)
	}
	return strings.Replace(code, m.old, m.new, 1), nil
}

func (m mutant) caughtBy() string { return m.pkg + " " + m.test }

func goCommand(dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// copyTree copies the Go module without what git ignores most of the time.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "build") {
			return filepath.SkipDir
		}
		target := filepath.Join(to, path)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	})
}
