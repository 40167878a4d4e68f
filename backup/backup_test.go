package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const quick = 10 // scrypt's work for tests

// made is a backup with some entries.
func made(t testing.TB) ([]byte, map[string]string) {
	t.Helper()
	entries := map[string]string{"identity.pem": "a key", "store/records/000001": strings.Repeat("words ", 40_000), "store/drafts": ""}
	var file bytes.Buffer
	w, err := create(&file, "pass phrase é", quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"identity.pem", "store/records/000001", "store/drafts"} {
		if err := w.Put(name, int64(len(entries[name])), strings.NewReader(entries[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), entries
}

func all(file []byte, passphrase string) (map[string]string, error) {
	got := map[string]string{}
	err := Read(bytes.NewReader(file), passphrase, func(name string, size int64, content io.Reader) error {
		raw, err := io.ReadAll(io.LimitReader(content, size))
		got[name] = string(raw)
		return err
	})
	return got, err
}

func TestRoundTrip(t *testing.T) {
	file, want := made(t)
	if bytes.Contains(file, []byte("words")) {
		t.Error("it can be read")
	}
	got, err := all(file, "pass phrase e\u0301") // typed on another machine
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d entries, %v", len(got), err)
	}
	if err := Read(bytes.NewReader(file), "pass phrase é", func(string, int64, io.Reader) error { return nil }); err != nil {
		t.Errorf("content that nobody reads: %v", err)
	}
	stop := errors.New("stop")
	if err := Read(bytes.NewReader(file), "pass phrase é", func(string, int64, io.Reader) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	for _, wrong := range []string{"", "another"} {
		if _, err := all(file, wrong); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := create(io.Discard, "  ", quick); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty passphrase: %v", err)
	}
}

// TestSpoilt cuts a backup at many places, and changes it at many: it is never taken.
func TestSpoilt(t *testing.T) {
	file, _ := made(t)
	for n := 0; n < len(file); n += 1 + n/3 {
		if _, err := all(file[:len(file)-1-n], "pass phrase é"); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrPassphrase) {
			t.Errorf("%d bytes are missing: %v", n+1, err)
		}
	}
	for at := 60; at < len(file); at += 1 + len(file)/40 {
		spoilt := bytes.Clone(file)
		spoilt[at] ^= 1
		if _, err := all(spoilt, "pass phrase é"); err == nil {
			t.Errorf("byte %d does not count", at)
		}
	}
	if _, err := all(append(bytes.Clone(file), 0), "pass phrase é"); !errors.Is(err, ErrDamaged) {
		t.Errorf("longer: %v", err)
	}
}

// archive is what may be in an age file.
func archive(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := h.Linkname
		if h.Typeflag == tar.TypeReg {
			h.Linkname, h.Size = "", int64(len(content))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func reg(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Linkname: content}
}

// TestForeignArchives: whoever knows the passphrase can put anything into the file. No name leads out of where it is put.
func TestForeignArchives(t *testing.T) {
	begin := reg(first, "haggle backup 1\n")
	for name, c := range map[string]struct {
		archive []byte
		want    error
	}{
		"fine":                {archive(t, begin, reg("a", "b"), reg(last, "2")), nil},
		"another archive":     {archive(t, reg("a", "b")), ErrDamaged},
		"nothing in it":       {archive(t), ErrDamaged},
		"newer":               {archive(t, reg(first, "haggle backup 2\n")), ErrNewer},
		"no version":          {archive(t, reg(first, "haggle backup x\n")), ErrDamaged},
		"long version":        {archive(t, reg(first, strings.Repeat("1", 100))), ErrDamaged},
		"begins twice":        {archive(t, begin, begin, reg(last, "2")), ErrDamaged},
		"no end":              {archive(t, begin, reg("a", "b")), ErrDamaged},
		"entries are missing": {archive(t, begin, reg("a", "b"), reg(last, "3")), ErrDamaged},
		"more behind the end": {archive(t, begin, reg(last, "1"), reg("a", "b")), ErrDamaged},
		"upwards":             {archive(t, begin, reg("../a", "b"), reg(last, "2")), ErrDamaged},
		"rooted":              {archive(t, begin, reg("/a", "b"), reg(last, "2")), ErrDamaged},
		"a drive":             {archive(t, begin, reg("c:a", "b"), reg(last, "2")), ErrDamaged},
		"backslash":           {archive(t, begin, reg(`a\b`, "b"), reg(last, "2")), ErrDamaged},
		"dots":                {archive(t, begin, reg("a/.../b", "b"), reg(last, "2")), ErrDamaged},
		"link":                {archive(t, begin, tar.Header{Typeflag: tar.TypeSymlink, Name: "a", Linkname: "/etc"}), ErrDamaged},
		"folder":              {archive(t, begin, tar.Header{Typeflag: tar.TypeDir, Name: "a/"}), ErrDamaged},
		"large":               {archive(t, begin, tar.Header{Typeflag: tar.TypeReg, Name: "a"}, reg(last, "2"))[:1536], ErrDamaged},
	} {
		err := read(bytes.NewReader(c.archive), func(string, int64, io.Reader) error { return nil })
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead puts anything into the age file: what is taken has names that lead nowhere else, and as many bytes as it says.
func FuzzRead(f *testing.F) {
	f.Add(archive(f, reg(first, "haggle backup 1\n"), reg("store/records/000001", "words"), reg(last, "2")))
	f.Add(archive(f, reg(first, "haggle backup 1\n"), reg("../../etc/passwd", "words"), reg(last, "2")))
	f.Add([]byte("no archive"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries := 0
		err := read(bytes.NewReader(data), func(name string, size int64, content io.Reader) error {
			entries++
			if strings.Contains(name, "..") && strings.Trim(name, ".") == "" || strings.HasPrefix(name, "/") || strings.Contains(name, `\`) {
				t.Errorf("name %q", name)
			}
			n, err := io.Copy(io.Discard, content)
			if err == nil && n != size {
				t.Errorf("%d of %d bytes", n, size)
			}
			return err
		})
		if err == nil && len(data) < 1024 {
			t.Error("a backup of nothing")
		}
	})
}

// FuzzAge puts anything in the place of the whole file.
func FuzzAge(f *testing.F) {
	file, _ := made(f)
	f.Add(file)
	f.Add(file[:200])
	f.Add([]byte("age-encryption.org/v1\n-> scrypt aaaaaaaaaaaaaaaaaaaaaa 30\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte(" 1")) && !bytes.Contains(data, []byte(" 10\n")) || bytes.Contains(data, []byte(" 20\n")) {
			return // it takes seconds to say no
		}
		if err := Read(bytes.NewReader(data), "another", func(string, int64, io.Reader) error { return nil }); err == nil {
			t.Error("it opens")
		}
	})
}
