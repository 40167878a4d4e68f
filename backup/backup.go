// Package backup is the form of a backup: one file that holds a whole profile, encrypted with a passphrase, and that other
// programs can open, too: it is a tar archive in an age file (age-encryption.org/v1, scrypt recipient).
//
// The common case: Create around a file, Put each piece, Close; later Read with the same passphrase. Both stream: nothing
// is in memory but 64 KiB at a time. That everything came is certain only when Read has returned nil: age notices what was
// changed or cut off, but at the end only that there is an end.
//
// # Format, version 1
//
//	haggle-backup   "haggle backup 1\n", the first entry
//	identity.pem    who this is. Never which device: a profile that came back is a new one
//	window.json     what was chosen for the window
//	desk/NAME       what was being written there
//	store/NAME      the pieces of the store; see storage.DB.Snapshot
//	end             the number of entries before it in decimal, the last entry
//
// Entries are regular files; names are letters, digits, dots, dashes and slashes. A later version has another first entry,
// and is refused.
package backup

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"filippo.io/age"
	"golang.org/x/text/unicode/norm"
)

var (
	// ErrPassphrase says that it is another passphrase.
	ErrPassphrase = errors.New("that is not the backup's passphrase")
	// ErrDamaged says that the file is no backup, or not all of one.
	ErrDamaged = errors.New("the backup is damaged or incomplete")
	// ErrNewer says that a newer program wrote it.
	ErrNewer = errors.New("the backup was written by a newer version")
	// ErrEmpty says that a passphrase has nothing in it.
	ErrEmpty = errors.New("the backup's passphrase is empty")
)

const (
	first   = "haggle-backup"
	last    = "end"
	form    = "haggle backup "
	version = 1

	work      = 18 // log2 of scrypt's N: about a second and 256 MiB, as the program age itself
	maxWork   = 20
	maxEntry  = 64 << 20
	maxNumber = 10_000_000 // of entries
	maxName   = 200
)

// Writer makes a backup.
type Writer struct {
	sealed io.WriteCloser
	tar    *tar.Writer
	count  int
}

// Create begins a backup. ErrEmpty.
func Create(w io.Writer, passphrase string) (*Writer, error) { return create(w, passphrase, work) }

func create(w io.Writer, passphrase string, work int) (*Writer, error) {
	if strings.TrimSpace(passphrase) == "" {
		return nil, ErrEmpty
	}
	r, err := age.NewScryptRecipient(norm.NFC.String(passphrase))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	r.SetWorkFactor(work)
	sealed, err := age.Encrypt(w, r)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	b := &Writer{sealed: sealed, tar: tar.NewWriter(sealed)}
	return b, b.text(first, form+strconv.Itoa(version)+"\n")
}

func (b *Writer) text(name, s string) error { return b.Put(name, int64(len(s)), strings.NewReader(s)) }

// Put adds an entry of size bytes.
func (b *Writer) Put(name string, size int64, content io.Reader) error {
	if !goodName(name) || size > maxEntry {
		return fmt.Errorf("backup: no entry: %q of %d bytes", name, size)
	}
	err := b.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, Format: tar.FormatUSTAR})
	if err == nil {
		_, err = io.Copy(b.tar, content)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	b.count++
	return nil
}

// Close ends the backup. What it was written to is the caller's to sync and close.
func (b *Writer) Close() error {
	err := b.text(last, strconv.Itoa(b.count))
	if err = errors.Join(err, b.tar.Close(), b.sealed.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// Read calls put for each entry, in order. What put does not read is passed over; its error ends the reading. ErrPassphrase,
// ErrDamaged, ErrNewer.
func Read(file io.Reader, passphrase string, put func(name string, size int64, content io.Reader) error) error {
	id, err := age.NewScryptIdentity(norm.NFC.String(passphrase))
	if err != nil {
		return ErrPassphrase // it is empty
	}
	id.SetMaxWorkFactor(maxWork)
	opened, err := age.Decrypt(file, id)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return ErrPassphrase
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return read(opened, put)
}

// read is Read for what was in the age file.
func read(opened io.Reader, put func(name string, size int64, content io.Reader) error) error {
	damaged := func(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }
	archive := tar.NewReader(opened)
	for n := 0; n <= maxNumber; n++ {
		h, err := archive.Next()
		if err != nil {
			return damaged(err) // also at the archive's end, which must not come before ours
		}
		if h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > maxEntry || !goodName(h.Name) {
			return damaged(errors.New("an entry that is none"))
		}
		switch {
		case n == 0:
			err = checkFirst(h, archive)
		case h.Name == last:
			return checkLast(archive, n, opened)
		case h.Name == first:
			err = damaged(errors.New("it begins twice"))
		default:
			content := &faithful{r: archive}
			if err = put(h.Name, h.Size, content); err == nil {
				_, err = io.Copy(io.Discard, content)
			}
			if content.err != nil {
				err = damaged(content.err)
			}
		}
		if err != nil {
			return err
		}
	}
	return damaged(errors.New("too many entries"))
}

// faithful notes what went wrong with reading.
type faithful struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (f *faithful) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// short reads an entry of a few bytes.
func short(r io.Reader) (string, error) {
	b := make([]byte, 64)
	n, err := io.ReadFull(r, b)
	if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", errors.Join(ErrDamaged, err)
	}
	return string(b[:n]), nil
}

func checkFirst(h *tar.Header, r io.Reader) error {
	text, err := short(r)
	if err != nil {
		return err
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), form)
	v, err := strconv.Atoi(number)
	switch {
	case h.Name != first || !ok || err != nil || v < 1:
		return fmt.Errorf("%w: it does not say what it is", ErrDamaged)
	case v > version:
		return fmt.Errorf("%w: format %d", ErrNewer, v)
	}
	return nil
}

// checkLast counts, and reads on to where age says that nothing is missing.
func checkLast(archive *tar.Reader, n int, opened io.Reader) error {
	text, err := short(archive)
	if err != nil {
		return err
	}
	if text != strconv.Itoa(n) {
		return fmt.Errorf("%w: entries are missing", ErrDamaged)
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it goes on behind its end", ErrDamaged)
	}
	if _, err := io.Copy(io.Discard, opened); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// goodName tells a name from a path that leads elsewhere.
func goodName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || strings.Trim(part, ".") == "" {
			return false
		}
		for _, r := range part {
			if r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
