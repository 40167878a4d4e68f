package storage

import "haggle/storage/seal"

// locks is what a store hides its content with. The zero value leaves everything in the open.
type locks struct {
	sealing bool // what is written is sealed; otherwise it is only opened
	records *seal.Records
	blobs   *seal.Blobs
	files   *seal.Files
	index   []byte
}

func newLocks(key seal.Key, sealing bool) locks {
	return locks{sealing: sealing, records: key.Records(), blobs: key.Blobs(), files: key.Files(), index: key.Index()}
}

// indexKey is what a new index is encrypted with.
func (l *locks) indexKey() []byte {
	if l.sealing {
		return l.index
	}
	return nil
}

// blobsSeal is what pictures are sealed with.
func (l *locks) blobsSeal() *seal.Blobs {
	if l.sealing {
		return l.blobs
	}
	return nil
}

// sealFile is what is written for a small file.
func (l *locks) sealFile(name string, content []byte) []byte {
	if l.sealing {
		return l.files.Seal(name, content)
	}
	return content
}

// openFile is what sealFile was given, if it was, and whether it is sealed.
func (l *locks) openFile(name string, raw []byte) (content []byte, sealed bool, err error) {
	if !seal.IsFile(raw) {
		return raw, false, nil
	}
	if l.files == nil {
		return nil, true, errCorrupt
	}
	content, err = l.files.Open(name, raw)
	return content, true, err
}
