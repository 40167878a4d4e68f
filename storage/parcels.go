package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"haggle/chat"
	"haggle/storage/journal"
)

// Parcels is the chat.Parcels on disk: a file for each, named by its hash, in a folder of their own. What is in them is
// sealed already, and none of it is in the journal or the index.
type Parcels struct {
	root *os.Root
	dir  string
	log  *slog.Logger
}

var _ chat.Parcels = (*Parcels)(nil)

const (
	parcelMagic  = "haggle parcel v1\n"
	parcelHeader = len(parcelMagic) + len(chat.PeerID{}) + 8
	parcelSuffix = ".parcel"
)

// OpenParcels opens the folder, or makes it. What a crash left unfinished is deleted; what is none of ours stays where it is
// and counts for nothing.
func OpenParcels(dir string, log *slog.Logger) (*Parcels, error) {
	if err := os.MkdirAll(dir, privateFolder); err != nil {
		return nil, fmt.Errorf("parcels: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("parcels: %w", err)
	}
	p := &Parcels{root: root, dir: dir, log: log}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("parcels: %w", err), root.Close())
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), parcelSuffix+temporaryFiles) {
			_ = root.Remove(e.Name()) // the next start tries again
		}
	}
	return p, nil
}

// Close ends it.
func (p *Parcels) Close() error { return p.root.Close() }

func parcelName(id chat.Hash) string { return id.String() + parcelSuffix }

// PutParcel implements chat.Parcels.
func (p *Parcels) PutParcel(parcel chat.Parcel, until int64) error {
	free, err := journal.FreeSpace(p.dir)
	if err != nil {
		return fmt.Errorf("put parcel: %w", err)
	}
	if free < MinFree+uint64(len(parcel.Sealed)) {
		return chat.ErrDiskFull
	}
	if err := p.write(parcelName(parcel.ID()), parcel, until); err != nil {
		return fmt.Errorf("put parcel: %w", named(err))
	}
	return nil
}

// write makes the file durable, or leaves none.
func (p *Parcels) write(name string, parcel chat.Parcel, until int64) error {
	temporary := name + temporaryFiles
	_ = p.root.Remove(temporary) // there is one only after a failure
	f, err := p.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return err
	}
	header := append([]byte(parcelMagic), parcel.For[:]...)
	_, err = f.Write(binary.BigEndian.AppendUint64(header, uint64(until)))
	if err == nil {
		_, err = f.Write(parcel.Sealed)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = p.root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, p.root.Remove(temporary))
	}
	return syncName(p.root, name)
}

// Carried implements chat.Parcels.
func (p *Parcels) Carried() ([]chat.ParcelInfo, error) {
	entries, err := fs.ReadDir(p.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("parcels: %w", err)
	}
	var all []chat.ParcelInfo
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), parcelSuffix)
		id, err := chat.ParseHash(name)
		if !ok || err != nil {
			continue
		}
		info, err := p.info(id)
		if err != nil {
			p.log.Warn("Parcel not read", "err", err)
			continue
		}
		all = append(all, info)
	}
	return all, nil
}

// info reads the header of a parcel.
func (p *Parcels) info(id chat.Hash) (chat.ParcelInfo, error) {
	f, size, err := p.open(id)
	if err != nil {
		return chat.ParcelInfo{}, err
	}
	defer func() { _ = f.Close() }()
	header := make([]byte, parcelHeader)
	if _, err := io.ReadFull(f, header); err != nil || string(header[:len(parcelMagic)]) != parcelMagic {
		return chat.ParcelInfo{}, fmt.Errorf("header of a parcel: %w", ErrDamaged)
	}
	rest := header[len(parcelMagic):]
	return chat.ParcelInfo{ID: id, For: chat.PeerID(rest[:32]), Size: size, Until: int64(binary.BigEndian.Uint64(rest[32:]))}, nil
}

// open opens a parcel and tells the size of what is sealed.
func (p *Parcels) open(id chat.Hash) (*os.File, uint32, error) {
	info, err := p.root.Lstat(parcelName(id))
	if err == nil && (!info.Mode().IsRegular() || info.Size() <= int64(parcelHeader) || info.Size() > int64(parcelHeader)+chat.MaxParcel) {
		return nil, 0, fmt.Errorf("file of a parcel: %w", ErrDamaged)
	}
	var f *os.File
	if err == nil {
		f, err = p.root.Open(parcelName(id))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, chat.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return f, uint32(info.Size() - int64(parcelHeader)), nil
}

// ReadParcel implements chat.Parcels.
func (p *Parcels) ReadParcel(id chat.Hash, offset uint32, count int) ([]byte, error) {
	f, size, err := p.open(id)
	if err != nil {
		return nil, fmt.Errorf("read parcel: %w", err)
	}
	defer func() { _ = f.Close() }()
	if offset > size {
		offset = size
	}
	data := make([]byte, min(count, int(size-offset)))
	if _, err := f.ReadAt(data, int64(parcelHeader)+int64(offset)); err != nil {
		return nil, fmt.Errorf("read parcel: %w", err)
	}
	return data, nil
}

// DropParcel implements chat.Parcels.
func (p *Parcels) DropParcel(id chat.Hash) error {
	err := p.root.Remove(parcelName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("drop parcel: %w", err)
	}
	return nil
}
