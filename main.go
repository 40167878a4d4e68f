// Haggle is a market and a chat for the people on one network, without a server.
//
// main is the composition root: it reads the flags, finds the profile folder and locks it, and puts store, network and
// node together. "haggle rpc" then speaks JSON-RPC over standard input and output.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `Haggle is a market and a chat for the people on one network.

  haggle [flags] [INVITE]      with a window, which asks whether to add the one
                               that an invite line (haggle:...) names
  haggle rpc [flags]           without: JSON-RPC 2.0 over standard input and output
  haggle lock [flags]          seal the profile with a passphrase
  haggle unlock [flags]        take the lock away
  haggle passphrase [flags]    change the passphrase
  haggle backup [flags] FILE   write the profile into one encrypted file
  haggle restore [flags] FILE  bring it back into an empty folder
  haggle take CODE             bring your chats from a kiosk: haggle take --help
  haggle report [flags] FILE   save a report for whoever helps: the log and what
                               a crash left, without anybody's words
  haggle version               tell version and build
  haggle kiosk-pin             make the line for a kiosk's settings file out of a
                               PIN, which it reads from standard input

  --data DIR            keep everything in this folder instead of the system's
                        application data
  --listen HOST:PORT    accept links there; without PORT, or without the flag,
                        at port 42445, or any free one if that is taken
  --interface NAME      use this network interface only; may be repeated
  --no-discovery        do not look for peers: addresses given and remembered
  --peer ADDRESS        stay linked with who is there, HOST:PORT or an invite
                        line; for other networks; may be repeated
  --probe               while nobody is found, try every address of the own
                        network (at most 512), which some networks forbid
  --hidden              start beside the clock, without showing the window;
                        where nothing is shown beside the clock, show it
  --kiosk               a machine in a hall: full screen, for one guest after the
                        other; docs/kiosk.md says how to set one up
  --config FILE         the kiosk's settings; kiosk.toml in the profile folder if
                        not given
  --passphrase-file FILE
                        the lock's passphrase; without it HAGGLE_PASSPHRASE in
                        the environment, or the system's keyring
  --new-passphrase-file FILE, --backup-passphrase-file FILE
                        the passphrase to change to, and a backup's; without
                        them HAGGLE_NEW_PASSPHRASE, HAGGLE_BACKUP_PASSPHRASE
  --log-level LEVEL     debug, info (the default), warn or error
  --version             tell version and build
`

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

func main() {
	enterConsole()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, messages io.Writer) int {
	if len(args) > 0 && commands[args[0]] != nil {
		return runCommand(args[0], args[1:], out, messages)
	}
	if len(args) > 0 && args[0] == "take" {
		return takeCommand(args[1:], out, messages)
	}
	if len(args) == 1 && args[0] == "version" {
		args = []string{"--version"}
	}
	if len(args) > 0 && args[0] == "kiosk-pin" {
		return makePIN(in, out, messages)
	}
	command := ""
	if len(args) > 0 && (args[0] == "rpc" || args[0] == "report") {
		command, args = args[0], args[1:]
	}
	withoutWindow := command == "rpc"
	o, err := parseOptions(args)
	if err == nil {
		err = o.fit(command)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprint(out, usage)
		return statusDone
	case err != nil && withoutWindow:
		return refuse(out, badFlags(err))
	case err != nil:
		_, _ = fmt.Fprintf(messages, "haggle: %v; haggle --help tells what there is.\n", err)
		return statusUsage
	case o.version:
		_, _ = fmt.Fprintln(out, versionLine())
		return statusDone
	case command == "report":
		return saveReport(o, messages)
	case withoutWindow:
		return serve(o, in, out, messages)
	case o.kioskWindow:
		return showKioskWindow(o, in, out, messages)
	case o.kiosk:
		leaveConsole()
		return keepKiosk(o, messages)
	default:
		leaveConsole()
		return showWindow(o, messages)
	}
}
