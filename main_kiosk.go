package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"haggle/kiosk"
)

// A kiosk is two processes: a parent, which opens no window, and its child, which is everything else. The child says once a
// second on its output that it lives; the end of its input is the parent's end.

const (
	// kioskWindowFlag makes a child of a process. It is not for people.
	kioskWindowFlag = "kiosk-window"
	// overwrites has the runtime overwrite memory that it frees: what a guest wrote is then not even in what is thrown away.
	overwrites = "clobberfree=1"
	// statusAgain is the child's wish to be started anew.
	statusAgain = 3
)

// makePIN is haggle kiosk-pin.
func makePIN(in io.Reader, out, messages io.Writer) int {
	_, _ = fmt.Fprint(messages, "PIN, 4 to 12 digits: ")
	line, err := bufio.NewReader(io.LimitReader(in, 64)).ReadString('\n')
	if err != nil && line == "" {
		_, _ = fmt.Fprintf(messages, "haggle: no PIN: %v\n", err)
		return statusFailed
	}
	hash, err := kiosk.Hash(strings.TrimSpace(line))
	if err != nil {
		_, _ = fmt.Fprintf(messages, "haggle: %v\n", err)
		return statusUsage
	}
	_, _ = fmt.Fprintf(out, "pin = '%s'\n", hash)
	return statusDone
}

// keepKiosk is haggle --kiosk: it returns the exit status once the owner has ended the kiosk.
func keepKiosk(o options, messages io.Writer) int {
	if !hasWindow || !hasDisplay(runtime.GOOS, os.Getenv) {
		return showWindow(o, messages) // which says so
	}
	log := slog.New(slog.NewTextHandler(messages, &slog.HandlerOptions{Level: o.logLevel}))
	program, err := os.Executable()
	if err != nil {
		log.Error("Not started", "err", err)
		return statusFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	args := append([]string{"--" + kioskWindowFlag}, o.args...)
	keeper := kiosk.Keeper{Logger: log, Start: func(r kiosk.Report) (kiosk.Window, error) {
		return startKioskWindow(exec.Command(program, args...), r, messages)
	}}
	if err := keeper.Run(ctx); err != nil {
		log.Error("Kiosk ended", "err", err)
		return statusFailed
	}
	return statusDone
}

// kioskChild is a window as a process; it is kiosk.Window.
type kioskChild struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func startKioskWindow(cmd *exec.Cmd, r kiosk.Report, messages io.Writer) (kiosk.Window, error) {
	cmd.Stderr = struct{ io.Writer }{messages} // through a pipe: what a system gives a program that was clicked may be no file
	cmd.Env = append(os.Environ(), "GODEBUG="+strings.TrimPrefix(os.Getenv("GODEBUG")+","+overwrites, ","))
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &kioskChild{cmd: cmd, in: in, lines: make(chan string)}
	go func() {
		defer close(c.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			c.lines <- scan.Text()
		}
		_, _ = io.Copy(io.Discard, out) // a line that is too long ends the scan, and must not block the child
	}()
	_ = kiosk.Tell(in, r) // one that has ended already is seen by its lines
	return c, nil
}

// Lines implements kiosk.Window.
func (c *kioskChild) Lines() <-chan string { return c.lines }

// Kill implements kiosk.Window.
func (c *kioskChild) Kill() { _ = c.cmd.Process.Kill() }

// Quit implements kiosk.Window.
func (c *kioskChild) Quit() { _ = c.in.Close() }

// Wait implements kiosk.Window.
func (c *kioskChild) Wait() kiosk.Ended {
	_ = c.in.Close()
	_ = c.cmd.Wait()
	switch c.cmd.ProcessState.ExitCode() {
	case statusDone:
		return kiosk.ByOwner
	case statusAgain:
		return kiosk.Again
	default:
		return kiosk.Crashed
	}
}
