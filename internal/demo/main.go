// Command demo opens a seller and a buyer with sample goods on this machine, so that somebody new sees the whole thing in a
// minute. When both windows are closed, or with Ctrl+C, nothing is left of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"haggle/internal/window"
)

func main() {
	language := flag.String("lang", "", "en or zh; that of the system if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := demo(ctx, *language)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context, language string) (err error) {
	folder, err := os.MkdirTemp("", "haggle-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	program := filepath.Join(folder, "haggle")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	fmt.Println("Building the program; the first time takes some minutes.")
	if err := window.Build(program); err != nil {
		return err
	}
	fmt.Println("Drawing goods and letting two people talk.")
	if language == "" {
		language = window.LanguageOf(os.Getenv)
	}
	profiles, err := window.Fill(program, folder, language)
	if err != nil {
		return err
	}
	for _, data := range []string{profiles.Seller, profiles.Buyer} {
		if err := window.Remember(data, window.Settings{Introduced: true, Language: language}); err != nil {
			return err
		}
	}
	fmt.Println("Two windows open: a seller and a buyer. Close both, or press Ctrl+C, to end.")
	seller, buyer := open(ctx, program, profiles.Seller), open(ctx, program, profiles.Buyer)
	if err := errors.Join(seller.Start(), buyer.Start()); err != nil {
		return err
	}
	err = errors.Join(seller.Wait(), buyer.Wait())
	if ctx.Err() != nil {
		return nil // they were told to end
	}
	return err
}

// open is a window of a profile that ends in order when ctx does.
func open(ctx context.Context, program, data string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, "--data", data, "--log-level", "error")
	cmd.Stderr = os.Stderr
	if runtime.GOOS != "windows" { // where only Kill is known; the store bears it
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	}
	return cmd
}
