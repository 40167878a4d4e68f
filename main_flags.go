package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"haggle/chat"
)

// options are what the flags say.
type options struct {
	data        string // profile folder, empty for the usual one
	listen      endpoint
	interfaces  names
	noDiscovery bool
	static      invites
	probe       bool
	logLevel    slog.Level
	version     bool
	hidden      bool     // without showing the window, where it can be got at all the same
	rest        []string // what is not a flag
	kiosk       bool     // a machine in a hall: this is the parent of its window
	kioskWindow bool     // or the window itself
	config      string   // the kiosk's settings file, empty for the one in the profile folder
	args        []string

	file           string // that a backup goes to or comes from
	passphraseFile string // of the lock
	newFile        string // of the passphrase that it is to have
	backupFile     string // of the backup's passphrase
	typed          string // the lock's passphrase, from the window
}

// What a passphrase is read from when no file is named.
const (
	passphraseVariable = "HAGGLE_PASSPHRASE" //nolint:gosec // the name of a variable
	newVariable        = "HAGGLE_NEW_PASSPHRASE"
	backupVariable     = "HAGGLE_BACKUP_PASSPHRASE"
)

// maxPassphrase is how long one may be.
const maxPassphrase = 4 << 10

// secret is a passphrase from a file, without the end of its line, or else from the environment; "" if there is none.
func (o options) secret(variable, file string) (string, error) {
	if variable == passphraseVariable && o.typed != "" {
		return o.typed, nil
	}
	if file == "" {
		return os.Getenv(variable), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("passphrase: %w", err)
	}
	defer func() { _ = f.Close() }()
	raw := make([]byte, maxPassphrase)
	n, err := io.ReadFull(f, raw)
	if err == nil {
		return "", fmt.Errorf("passphrase: %s is too long", filepath.Base(file))
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("passphrase: %w", err)
	}
	return strings.TrimRight(string(raw[:n]), "\r\n"), nil
}

// parseOptions reads the flags; flag.ErrHelp when somebody asks what there is.
func parseOptions(args []string) (options, error) { return parse(args, false) }

// parse is parseOptions for a command that may want a file, before or behind the flags.
func parse(args []string, wantsFile bool) (options, error) {
	var o options
	if wantsFile && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		o.file, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("haggle", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.data, "data", "", "")
	flags.Var(&o.listen, "listen", "")
	flags.Var(&o.interfaces, "interface", "")
	flags.BoolVar(&o.noDiscovery, "no-discovery", false, "")
	flags.Var(&o.static, "peer", "")
	flags.BoolVar(&o.probe, "probe", false, "")
	flags.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "")
	flags.BoolVar(&o.version, "version", false, "")
	flags.StringVar(&o.passphraseFile, "passphrase-file", "", "")
	flags.StringVar(&o.newFile, "new-passphrase-file", "", "")
	flags.StringVar(&o.backupFile, "backup-passphrase-file", "", "")
	flags.BoolVar(&o.hidden, "hidden", false, "")
	flags.BoolVar(&o.kiosk, "kiosk", false, "")
	flags.BoolVar(&o.kioskWindow, kioskWindowFlag, false, "")
	flags.StringVar(&o.config, "config", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.rest, o.args = flags.Args(), args
	if wantsFile {
		if o.file == "" && len(o.rest) > 0 {
			o.file, o.rest = o.rest[0], o.rest[1:]
		}
		if o.file == "" {
			return o, errors.New("want a file")
		}
	}
	return o, nil
}

// fit reports whether what is not a flag is what a command takes.
func (o *options) fit(command string) error {
	switch {
	case o.version:
		return nil
	case o.config != "" && !o.kiosk:
		return errors.New("--config goes with --kiosk")
	case o.kiosk && command != "":
		return errors.New("--kiosk has a window")
	case o.kiosk && len(o.rest) > 0:
		return fmt.Errorf("--kiosk takes no %.40q", o.rest[0])
	case command == "report":
		if len(o.rest) != 1 {
			return errors.New("report wants the name of one file")
		}
		return nil
	case command == "rpc" && len(o.rest) > 0:
		return fmt.Errorf("there is no command %.40q", o.rest[0])
	default:
		_, err := o.invited()
		return err
	}
}

// invited is the invite line that was given beside the flags: nil if none was.
func (o *options) invited() (*chat.Invite, error) {
	if len(o.rest) == 0 {
		return nil, nil
	}
	i, err := chat.ParseInvite(o.rest[0])
	if err != nil || len(o.rest) > 1 {
		return nil, fmt.Errorf("there is no command %.40q", o.rest[0])
	}
	return &i, nil
}

// endpoint is where to accept links: host and port may each be empty.
type endpoint struct{ host, port string }

func (e *endpoint) String() string { return net.JoinHostPort(e.host, e.port) }

// Set reads HOST:PORT, HOST: and HOST.
func (e *endpoint) Set(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if host, port, err = net.SplitHostPort(s + ":"); err != nil {
			return errors.New("want HOST:PORT, such as 10.0.0.5:42445")
		}
	}
	e.host, e.port = host, port
	return nil
}

// invites is a flag that may be given several times: whom to stay linked with.
type invites []chat.Invite

func (i *invites) String() string { return "" }

// Set adds an invite line or HOST:PORT.
func (i *invites) Set(s string) error {
	invite, err := chat.ParseInvite(s)
	if err != nil {
		host, port, split := net.SplitHostPort(s)
		if n, number := strconv.ParseUint(port, 10, 16); split != nil || number != nil || host == "" || n == 0 {
			return errors.New("want HOST:PORT, such as 10.0.0.5:42445, or an invite line")
		}
		invite = chat.Invite{Addresses: []string{s}}
	}
	*i = append(*i, invite)
	return nil
}

// names is a flag that may be given several times.
type names []string

func (n *names) String() string { return strings.Join(*n, ",") }

// Set adds a name.
func (n *names) Set(name string) error {
	if name == "" {
		return errors.New("want a name")
	}
	*n = append(*n, name)
	return nil
}
