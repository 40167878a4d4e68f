package logbook

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Facts are what a report says besides its logs: lines of ours.
type Facts struct {
	Program []string // version, system, and the like
	Network []string // what the network doctor found, without names; none if it was not asked
	Private []string // what is to be left out wherever it stands: the profile's folder, names of this machine
}

// maxRead is how many bytes of one file a report takes: its end.
const maxRead = 1 << 20

// Write writes a report: a zip file of what helps to find a fault, and of nothing that is anybody's.
func Write(w io.Writer, folder string, facts Facts, now time.Time) error {
	z := zip.NewWriter(w)
	m := newMask(facts.Private)
	network := "Not asked: the program was not running.\n"
	if len(facts.Network) > 0 {
		network = m.prose(strings.Join(facts.Network, "\n")) + "\n"
	}
	err := errors.Join(
		add(z, "about.txt", now, about(facts)),
		add(z, "network.txt", now, network),
		addFile(z, folder, olderFile, now, m.log),
		addFile(z, folder, logFile, now, m.log),
		addFile(z, folder, crashedFile, now, trace),
		addFile(z, folder, crashFile, now, trace),
	)
	return errors.Join(err, z.Close())
}

func about(facts Facts) string {
	return strings.Join(facts.Program, "\n") + `

This report holds the program's own log and what a crash left. Nobody's words, names, goods, keys, addresses or paths are in
it: in their places stand marks such as <peer 1>, the same for the same one throughout.
`
}

func add(z *zip.Writer, name string, now time.Time, text string) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// addFile adds what a file of the folder says, as far as clean lets it. A file that is missing or empty is left out.
func addFile(z *zip.Writer, folder, name string, now time.Time, clean func(string) string) error {
	raw, err := end(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && raw == "" {
		return nil
	}
	if err != nil {
		return add(z, name, now, "It could not be read.\n")
	}
	return add(z, name, now, clean(raw))
}

// end reads the end of a file, from the start of a line on.
func end(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	from := max(0, info.Size()-maxRead)
	raw, err := io.ReadAll(io.NewSectionReader(f, from, maxRead)) //nolint:forbidigo // a section of maxRead
	if from > 0 {
		_, rest, _ := strings.Cut(string(raw), "\n")
		return rest, err
	}
	return string(raw), err
}
