package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"haggle/chat"
	"haggle/vault"
)

// command does one thing with a profile that nobody uses, and says when it is done.
type command func(o options, h *haggle) (done string, err error)

var commands = map[string]command{
	"lock":       lockProfile,
	"unlock":     unlockProfile,
	"passphrase": changePassphrase,
	"backup":     backUp,
	"restore":    restore,
}

// runCommand returns the exit status.
func runCommand(name string, args []string, out, messages io.Writer) int {
	o, err := parse(args, name == "backup" || name == "restore")
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprint(out, usage)
		return statusDone
	case err == nil && len(o.rest) > 0:
		err = fmt.Errorf("%.40q is too much", o.rest[0])
		fallthrough
	case err != nil:
		_, _ = fmt.Fprintf(messages, "haggle: %v; haggle --help tells what there is.\n", err)
		return statusUsage
	}
	h := &haggle{log: slog.New(slog.NewTextHandler(messages, &slog.HandlerOptions{Level: max(o.logLevel, slog.LevelWarn)}))}
	done, err := commands[name](o, h)
	h.stop()
	if err != nil {
		_, _ = fmt.Fprintf(messages, "haggle: %s\n", failureOf(err).Message)
		return statusFailed
	}
	_, _ = fmt.Fprintln(out, done)
	return statusDone
}

func deaf(chat.Event) {}

func lockProfile(o options, h *haggle) (string, error) {
	_, err := h.openStore(o, deaf, func(v *vault.Vault) error {
		passphrase, err := o.secret(passphraseVariable, o.passphraseFile)
		switch {
		case err != nil:
			return err
		case !v.Settled():
			return nil // a kill stopped it
		}
		return v.Lock(passphrase)
	})
	return "The profile is locked. There is no way to it without the passphrase.", err
}

func unlockProfile(o options, h *haggle) (string, error) {
	_, err := h.openStore(o, deaf, func(v *vault.Vault) error {
		passphrase, err := o.secret(passphraseVariable, o.passphraseFile)
		if err != nil {
			return err
		}
		return v.Unlock(passphrase)
	})
	return "The profile has no lock any more.", err
}

func changePassphrase(o options, h *haggle) (string, error) {
	_, err := h.openStore(o, deaf, func(v *vault.Vault) error {
		old, err := o.secret(passphraseVariable, o.passphraseFile)
		if err != nil {
			return err
		}
		passphrase, err := o.secret(newVariable, o.newFile)
		if err != nil {
			return err
		}
		return v.Change(old, passphrase)
	})
	return "The passphrase is changed.", err
}
