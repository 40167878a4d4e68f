//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"

	"haggle/take"
	"haggle/ui"
)

// homeward is what the window needs to bring chats from a kiosk.
type homeward struct {
	log        *slog.Logger
	interfaces []string
}

// Take implements ui.TakeHome. This machine has a profile: the window stands on it.
func (t homeward) Take(ctx context.Context, code string) (string, error) {
	folder, err := takeHomeTo(ctx, code, "", t.interfaces, t.log)
	switch {
	case err == nil, errors.Is(err, take.ErrUnconfirmed): // the kiosk forgets the guest by itself, after a while
		return folder, nil
	case errors.Is(err, take.ErrBadCode):
		return "", fmt.Errorf("%w: %w", ui.ErrNoCode, err)
	case errors.Is(err, take.ErrWrongCode):
		return "", fmt.Errorf("%w: %w", ui.ErrCodeRefused, err)
	case errors.Is(err, errNoKiosk):
		return "", fmt.Errorf("%w: %w", ui.ErrNoKiosk, err)
	default:
		return "", err
	}
}

// Open implements ui.TakeHome: the program once more, on its own.
func (homeward) Open(folder string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("open a profile: %w", err)
	}
	cmd := exec.Command(program, "--data", folder)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open a profile: %w", err)
	}
	go func() { _ = cmd.Wait() }() // it lives on its own
	return nil
}
