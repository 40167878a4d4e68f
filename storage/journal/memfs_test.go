package journal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
)

const sectorSize = 512

var (
	errCut   = errors.New("memfs: power is off")
	errFault = errors.New("memfs: input/output error")
)

// memFS is a folder in memory with a disk cache between it and the disk. Only what was synced is sure to survive cut; of
// the rest any sectors may, each old, new or torn, and of the names that no SyncDir covered a prefix of the changes.
type memFS struct {
	rng     *rand.Rand
	visible map[string]*memInode
	durable map[string]*memInode
	pending []func(names map[string]*memInode) // changes to names, in order
	dirs    []string                           // the folder of each

	ops    int            // calls so far that reach the disk
	fail   func(int) bool // whether call number ops fails
	calm   bool           // calls neither count nor fail
	dead   bool           // power was cut: every call fails
	cutAt  int            // the call at which power is cut, 0 never
	noSync bool           // Sync does nothing, which the harness must notice;
	noDirs bool           // nor does SyncDir
}

// memInode is a file's content: what is on disk and what the cache shows.
type memInode struct {
	disk, cache []byte
	dirty       map[int]bool       // sectors of cache that differ from disk, perhaps
	bad         func(off int) bool // blocks that cannot be read
}

func newMemFS(rng *rand.Rand) *memFS {
	return &memFS{rng: rng, visible: map[string]*memInode{}, durable: map[string]*memInode{}}
}

// step counts a call and tells whether it fails. When power goes, a write in progress may have got anywhere: cut decides.
func (m *memFS) step() error {
	if m.dead {
		return errCut
	}
	if m.calm {
		return nil
	}
	m.ops++
	if m.ops == m.cutAt {
		m.dead = true
		return errCut
	}
	if m.fail != nil && m.fail(m.ops) {
		return errFault
	}
	return nil
}

// restart returns the folder as the next start of the program finds it, with or without a power cut before.
func (m *memFS) restart(cut bool) *memFS {
	next := m
	if cut {
		next = m.cut()
		next.noSync, next.noDirs = m.noSync, m.noDirs
	}
	next.ops, next.fail, next.cutAt, next.dead = 0, nil, 0, false
	return next
}

// cut returns the folder as it is after a power cut.
func (m *memFS) cut() *memFS {
	next := newMemFS(m.rng)
	names := maps.Clone(m.durable)
	for _, change := range m.pending[:m.rng.IntN(len(m.pending)+1)] {
		change(names)
	}
	done := map[*memInode]*memInode{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		ino := names[name]
		if done[ino] == nil {
			for _, s := range slices.Sorted(maps.Keys(ino.dirty)) {
				ino.land(m.rng, s)
			}
			done[ino] = &memInode{disk: ino.disk, cache: slices.Clone(ino.disk), dirty: map[int]bool{}}
		}
		next.visible[name] = done[ino]
	}
	next.durable = maps.Clone(next.visible)
	return next
}

// land decides what becomes of a dirty sector when power goes.
func (ino *memInode) land(rng *rand.Rand, s int) {
	switch rng.IntN(3) {
	case 0:
		ino.flush(s, sectorSize)
	case 1:
		ino.flush(s, rng.IntN(sectorSize))
	}
}

// flush writes the first n bytes of a sector to disk, which grows if it must.
func (ino *memInode) flush(s, n int) {
	from := s * sectorSize
	to := min(from+n, len(ino.cache))
	if to > len(ino.disk) {
		ino.disk = append(ino.disk, make([]byte, to-len(ino.disk))...)
	}
	if to > from {
		copy(ino.disk[from:to], ino.cache[from:to])
	}
}

// change makes and notes a change of names in a folder.
func (m *memFS) change(dir string, f func(names map[string]*memInode)) {
	f(m.visible)
	m.pending, m.dirs = append(m.pending, f), append(m.dirs, dir)
}

func (m *memFS) Create(name string) (File, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	ino := &memInode{dirty: map[int]bool{}}
	m.change(path.Dir(name), func(names map[string]*memInode) { names[name] = ino })
	return &memFile{m, ino}, nil
}

func (m *memFS) Open(name string) (File, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	ino := m.visible[name]
	if ino == nil {
		return nil, fs.ErrNotExist
	}
	return &memFile{m, ino}, nil
}

func (m *memFS) Names(dir string) ([]string, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	var names []string
	for name := range m.visible {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (m *memFS) Rename(from, to string) error {
	move := func(names map[string]*memInode) {
		if ino := names[from]; ino != nil {
			delete(names, from)
			names[to] = ino
		}
	}
	if err := m.step(); err != nil {
		if m.rng.IntN(2) == 0 {
			m.change(path.Dir(to), move) // it happened and nobody was told
		}
		return err
	}
	m.change(path.Dir(to), move)
	return nil
}

func (m *memFS) Remove(name string) error {
	if err := m.step(); err != nil {
		return err
	}
	if m.visible[name] == nil {
		return fs.ErrNotExist
	}
	m.change(path.Dir(name), func(names map[string]*memInode) { delete(names, name) })
	return nil
}

func (m *memFS) Mkdir(string) error { return m.step() }

func (m *memFS) SyncDir(dir string) error {
	if err := m.step(); err != nil {
		return err
	}
	if m.noDirs {
		return nil
	}
	var pending []func(map[string]*memInode)
	var dirs []string
	for i, change := range m.pending {
		if m.dirs[i] == dir {
			change(m.durable)
		} else {
			pending, dirs = append(pending, change), append(dirs, m.dirs[i])
		}
	}
	m.pending, m.dirs = pending, dirs
	return nil
}

// memFile is an open file of a memFS.
type memFile struct {
	m   *memFS
	ino *memInode
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.m.step(); err != nil {
		return 0, err
	}
	for at := int(off) &^ (blockSize - 1); f.ino.bad != nil && at < int(off)+len(b); at += blockSize {
		if f.ino.bad(at) {
			return 0, errFault
		}
	}
	if off >= int64(len(f.ino.cache)) {
		return 0, io.EOF
	}
	n := copy(b, f.ino.cache[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	err := f.m.step()
	if err != nil {
		b = b[:f.m.rng.IntN(len(b)+1)] // any part of it may have been taken
	}
	ino := f.ino
	for s := int(off) / sectorSize; len(b) > 0 && s <= (int(off)+len(b)-1)/sectorSize; s++ {
		if ino.dirty[s] && f.m.rng.IntN(2) == 0 {
			ino.flush(s, sectorSize) // the cache is written back when it likes
		}
		ino.dirty[s] = true
	}
	if grow := int(off) + len(b) - len(ino.cache); grow > 0 {
		ino.cache = append(ino.cache, make([]byte, grow)...)
	}
	copy(ino.cache[off:], b)
	return len(b), err
}

// Sync writes what is dirty. When it fails, any of it may have been written, and the rest counts as clean from now on: the
// cache shows it and no later Sync writes it. That is what Linux does.
func (f *memFile) Sync() error {
	err := f.m.step()
	if f.m.noSync || errors.Is(err, errCut) {
		return err
	}
	for _, s := range slices.Sorted(maps.Keys(f.ino.dirty)) {
		if err != nil {
			f.ino.land(f.m.rng, s)
		} else {
			f.ino.flush(s, sectorSize)
		}
	}
	clear(f.ino.dirty)
	return err
}

func (f *memFile) Size() (int64, error) {
	if err := f.m.step(); err != nil {
		return 0, err
	}
	return int64(len(f.ino.cache)), nil
}

func (f *memFile) Close() error { return nil }

// clone returns an independent copy of m as it can be seen, all of it durable.
func (m *memFS) clone() *memFS {
	c := newMemFS(m.rng)
	for name, ino := range m.visible {
		c.put(name, slices.Clone(ino.cache))
	}
	return c
}

// put makes a durable file.
func (m *memFS) put(name string, content []byte) {
	ino := &memInode{disk: content, cache: slices.Clone(content), dirty: map[int]bool{}}
	m.visible[name], m.durable[name] = ino, ino
}

// get returns a file's content.
func (m *memFS) get(name string) []byte { return m.visible[name].cache }
