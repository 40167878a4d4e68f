package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/backup"
)

// command runs haggle in this process, with passphrases in files.
func runFor(t *testing.T, passphrases map[string]string, args ...string) (status int, said string) {
	t.Helper()
	for flag, passphrase := range passphrases {
		file := filepath.Join(t.TempDir(), "passphrase")
		if err := os.WriteFile(file, []byte(passphrase+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--"+flag, file)
	}
	var out, messages bytes.Buffer
	status = run(args, strings.NewReader(""), &out, &messages)
	return status, out.String() + messages.String()
}

// must is runFor with the lock's passphrase, for what must succeed.
func must(t *testing.T, passphrase string, args ...string) {
	t.Helper()
	if status, said := runFor(t, map[string]string{"passphrase-file": passphrase, "backup-passphrase-file": backupSecret}, args...); status != 0 {
		t.Fatalf("haggle %v: %s", args, said)
	}
}

const (
	lockSecret   = "correct horse battery staple"
	backupSecret = "for a rainy day"
)

// found lists the files below a folder that hold a text.
func found(t *testing.T, dir, text string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(name)
		if bytes.Contains(raw, []byte(text)) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestLockedProfile locks a profile that has a past, changes the passphrase and takes the lock away. Without the passphrase, or
// with another, it does not start and nothing is touched; locked, nothing of it can be read, and neither can its key.
func TestLockedProfile(t *testing.T) {
	dir := t.TempDir()
	const secret = "Nobody may read this 8f1c"
	p := rpcAt(t, dir)
	id := p.read().Params.PeerID
	note := `"method":"listings.publish","params":{"title":"` + secret + `","price":{"amount":"1","currency":"EUR"}}`
	p.ask(note)
	_ = p.in.Close()
	p.ended()
	if err := os.MkdirAll(filepath.Join(dir, draftsDir), ownerOnly); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, draftsDir, "goods-1"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(found(t, dir, secret)) < 2 || len(found(t, dir, "PRIVATE KEY")) != 1 {
		t.Fatal("the past is not in the open")
	}

	must(t, lockSecret, "lock", "--data", dir)
	closed := func(what string) {
		t.Helper()
		for _, text := range []string{secret, "PRIVATE KEY", lockSecret} {
			if names := found(t, dir, text); len(names) > 0 {
				t.Errorf("%s: %q is in %v", what, text, names)
			}
		}
	}
	closed("locked")
	before := tree(t, dir)
	refused := func(passphrase, kind string) {
		t.Helper()
		t.Setenv(passphraseVariable, passphrase)
		if l := rpcAt(t, dir).read(); l.Error == nil || l.Error.Data.Kind != kind || !strings.Contains(l.Error.Message, "passphrase") {
			t.Errorf("passphrase %q: %+v", passphrase, l)
		}
	}
	refused("", "invalid")
	refused("another", "invalid")
	if after := tree(t, dir); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
	if status, said := runFor(t, map[string]string{"passphrase-file": lockSecret}, "lock", "--data", dir); status != statusFailed {
		t.Errorf("locked twice: %s", said)
	}

	t.Setenv(passphraseVariable, lockSecret)
	p = rpcAt(t, dir)
	if l := p.read(); l.Params.PeerID != id {
		t.Fatalf("opened as %+v", l)
	}
	p.ask(strings.Replace(note, secret, secret+" again", 1))
	closed("open")
	_ = p.in.Close()
	p.ended()
	closed("closed")
	if log := p.log.String(); strings.Contains(log, secret) || strings.Contains(log, lockSecret) {
		t.Errorf("logged:\n%s", log)
	}

	t.Setenv(passphraseVariable, "")
	change := map[string]string{"passphrase-file": lockSecret, "new-passphrase-file": "another one"}
	if status, said := runFor(t, change, "passphrase", "--data", dir); status != 0 {
		t.Fatal(said)
	}
	refused(lockSecret, "invalid")
	t.Setenv(passphraseVariable, "")
	if status, said := runFor(t, map[string]string{"passphrase-file": lockSecret}, "unlock", "--data", dir); status == 0 {
		t.Errorf("unlocked with the old passphrase: %s", said)
	}
	must(t, "another one", "unlock", "--data", dir)
	if l := rpcAt(t, dir).read(); l.Params.PeerID != id {
		t.Errorf("after the lock: %+v", l)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, draftsDir, "goods-1")); err != nil || string(raw) != secret {
		t.Errorf("the desk has %q, %v", raw, err)
	}
}

// pair is two people who have a room, over loopback.
type pair struct {
	t          *testing.T
	a, b       *process // a buys of b
	dirA, dirB string
	idB, addrB string
	room       string
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, dirA: t.TempDir(), dirB: t.TempDir()}
	p.a, p.b = rpcAt(t, p.dirA), rpcAt(t, p.dirB)
	p.a.read()
	ready := p.b.read()
	p.idB, p.addrB = ready.Params.PeerID, ready.Params.Addresses[0]
	p.meet(p.a)
	p.room = `"roomId":"` + p.a.ask(`"method":"rooms.open","params":{"seller":"`+p.idB+`"}`).Result.Room.RoomID + `"`
	return p
}

// meet has a process find B.
func (p *pair) meet(a *process) {
	p.t.Helper()
	a.ask(`"method":"peers.add","params":{"address":"` + p.addrB + `","peerId":"` + p.idB + `"}`)
}

// say has a process write and waits until it was delivered.
func (p *pair) say(from *process, text string) {
	p.t.Helper()
	p.write(from, text)
	from.until(func(l line) bool { return l.Method == "message.state" && l.Params.State == "delivered" })
}

func (p *pair) write(from *process, text string) {
	p.t.Helper()
	from.ask(`"method":"messages.send","params":{` + p.room + `,"text":"` + text + `"}`)
}

// end ends a process in order.
func (p *pair) end(of *process) {
	p.t.Helper()
	_ = of.in.Close()
	if status := of.ended(); status != 0 {
		p.t.Fatalf("ended with %d", status)
	}
}

// texts waits until a process has all messages, in the same order as wanted if that is given.
func (p *pair) texts(of *process, want ...string) {
	p.t.Helper()
	got := p.await(of, len(want))
	if !slices.Equal(got, want) {
		p.t.Fatalf("has %q, want %q", got, want)
	}
}

// await waits until a process has so many messages and returns their texts.
func (p *pair) await(of *process, n int) (texts []string) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		texts = texts[:0]
		for _, m := range of.ask(`"method":"messages.list","params":{` + p.room + `,"limit":100}`).Result.Messages {
			texts = append(texts, m.Text)
		}
		if len(texts) >= n {
			return texts
		}
	}
	p.t.Fatalf("has %q, of %d", texts, n)
	return nil
}

// backUp writes a backup of A, which must have ended, and returns its file.
func (p *pair) backUp() string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "haggle.backup")
	must(p.t, "", "backup", file, "--data", p.dirA)
	return file
}

// restored is a process on a folder that a backup came back into.
func (p *pair) restored(file string) *process {
	p.t.Helper()
	dir := filepath.Join(p.t.TempDir(), "new")
	must(p.t, "", "restore", file, "--data", dir)
	if _, err := os.Lstat(filepath.Join(dir, deviceFile)); !errors.Is(err, fs.ErrNotExist) {
		p.t.Fatal("the backup brought a device")
	}
	a := rpcAt(p.t, dir)
	a.read()
	return a
}

// checkNoForks fails if a log forked, or a profile was taken for rolled back.
func (p *pair) checkNoForks(of ...*process) {
	p.t.Helper()
	for _, one := range of {
		p.end(one)
		if log := one.log.String(); strings.Contains(log, "fork") || strings.Contains(log, "rolled back") {
			p.t.Errorf("logged:\n%s", log)
		}
	}
}

// TestBK1 restores an old backup: the node is a new device of the same person, takes back from the other side what it lacks, its
// own words, too, and only then writes.
func TestBK1(t *testing.T) {
	p := newPair(t)
	p.say(p.a, "one")
	p.say(p.b, "two")
	p.end(p.a)
	file := p.backUp()
	if len(found(t, filepath.Dir(file), "one")) > 0 || len(found(t, filepath.Dir(file), "PRIVATE KEY")) > 0 {
		t.Error("the backup can be read")
	}
	p.a = rpcAt(t, p.dirA)
	p.a.read()
	p.meet(p.a)
	p.say(p.a, "three")
	p.say(p.a, "four")
	p.end(p.a) // and its folder is lost

	a := p.restored(file)
	p.meet(a)
	p.write(a, "five") // at once: it must stand behind all before
	want := []string{"one", "two", "three", "four", "five"}
	p.texts(a, want...)
	p.texts(p.b, want...)
	p.say(p.b, "six")
	p.texts(a, append(want, "six")...)
	p.checkNoForks(a, p.b)
}

// TestBK2 restores one backup twice, one after the other: each is a device of its own, so no number is used twice.
func TestBK2(t *testing.T) {
	p := newPair(t)
	p.say(p.a, "one")
	p.end(p.a)
	file := p.backUp()
	first := p.restored(file)
	p.meet(first)
	p.say(first, "two")
	p.end(first)
	second := p.restored(file)
	p.meet(second)
	p.write(second, "three")
	p.texts(second, "one", "two", "three")
	p.texts(p.b, "one", "two", "three")
	p.checkNoForks(second, p.b)
	if status, said := runFor(t, map[string]string{"backup-passphrase-file": backupSecret}, "restore", file, "--data", p.dirA); status != statusFailed || !strings.Contains(said, "already") {
		t.Errorf("over a profile: %d, %s", status, said)
	}
}

// TestBK3 has two clones of one backup, and the machine it was made on, online together.
func TestBK3(t *testing.T) {
	p := newPair(t)
	p.say(p.a, "one")
	p.end(p.a)
	file := p.backUp()
	clones := []*process{p.restored(file), p.restored(file)}
	p.a = rpcAt(t, p.dirA)
	p.a.read()
	all := append(clones, p.a)
	for i, one := range all {
		p.meet(one)
		p.write(one, fmt.Sprintf("from %d", i))
	}
	var orders []string
	for _, one := range append(all, p.b) {
		orders = append(orders, strings.Join(p.await(one, 4), ","))
	}
	for _, order := range orders {
		if order != orders[0] {
			t.Errorf("orders differ: %q", orders)
		}
	}
	p.checkNoForks(append(all, p.b)...)
}

// TestBK4 restores while the other side is ahead in everything: it has more of ours and of its own.
func TestBK4(t *testing.T) {
	p := newPair(t)
	p.say(p.a, "one")
	p.say(p.b, "two") // else a stranger's quota ends it
	p.end(p.a)
	file := p.backUp()
	p.a = rpcAt(t, p.dirA)
	p.a.read()
	p.meet(p.a)
	want := []string{"one", "two"}
	for i := range 60 {
		text := fmt.Sprintf("more %d", i)
		p.write(p.a, text)
		want = append(want, text)
	}
	p.texts(p.b, want...)
	p.end(p.a)
	p.write(p.b, "while you were away")
	want = append(want, "while you were away")

	a := p.restored(file)
	p.meet(a)
	p.write(a, "here I am")
	want = append(want, "here I am")
	p.texts(a, want...)
	p.texts(p.b, want...)
	p.checkNoForks(a, p.b)
}

// TestBK5: a wrong passphrase is a clear refusal, and leaves nothing.
func TestBK5(t *testing.T) {
	p := newPair(t)
	p.end(p.a)
	file := p.backUp()
	dir := filepath.Join(t.TempDir(), "new")
	for _, wrong := range []string{"another", ""} {
		status, said := runFor(t, map[string]string{"backup-passphrase-file": wrong}, "restore", file, "--data", dir)
		if status != statusFailed || !strings.Contains(said, "not the backup's passphrase") {
			t.Errorf("%q: %d, %s", wrong, status, said)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != lockFile {
			t.Errorf("%q left %v", wrong, left)
		}
	}
	status, said := runFor(t, map[string]string{"backup-passphrase-file": backupSecret}, "backup", file, "--data", p.dirA)
	if status != statusFailed || !strings.Contains(said, "already") {
		t.Errorf("over a file: %d, %s", status, said)
	}
	must(t, "", "restore", file, "--data", dir)
}

// TestBK6: of a backup that was cut off or changed anywhere nothing is taken.
func TestBK6(t *testing.T) {
	p := newPair(t)
	for i := range 5 {
		p.say(p.a, fmt.Sprint(strings.Repeat("word ", 300), i))
	}
	p.end(p.a)
	whole, err := os.ReadFile(p.backUp())
	if err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return b[:len(b)/2] },
		func(b []byte) []byte { return b[:300] },
		func([]byte) []byte { return nil },
		func(b []byte) []byte { b[len(b)-20] ^= 1; return b },
		func(b []byte) []byte { return append(b, 0) },
	} {
		dir := filepath.Join(t.TempDir(), "new")
		file := filepath.Join(t.TempDir(), "spoilt")
		if err := os.WriteFile(file, spoil(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		err := stageRestore(dir, bytes.NewReader(spoil(bytes.Clone(whole))), backupSecret)
		if !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("%v", err)
		}
		if isRestored(dir) {
			t.Error("it is taken for a profile")
		}
	}
}

// TestRestoreKilled: a restore that was cut short before everything was there leaves nothing, and after that everything.
func TestRestoreKilled(t *testing.T) {
	p := newPair(t)
	p.say(p.a, "one")
	p.end(p.a)
	whole, err := os.ReadFile(p.backUp())
	if err != nil {
		t.Fatal(err)
	}
	staged := t.TempDir()
	if err := stageRestore(filepath.Join(staged, restoringDir), bytes.NewReader(whole), backupSecret); err != nil {
		t.Fatal(err)
	}
	for moved := range len(kept) + 1 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(staged)); err != nil {
			t.Fatal(err)
		}
		for _, name := range kept[:moved] { // what the killed one did
			if err := os.Rename(filepath.Join(dir, restoringDir, name), filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		_, lock, err := openProfile(dir)
		if err != nil {
			t.Fatal(err)
		}
		_ = lock.Close()
		for _, name := range []string{storeDir, restoredFile, identityFile} {
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Errorf("after %d moves: %v", moved, err)
			}
		}
		if _, err := os.Lstat(filepath.Join(dir, restoringDir)); err == nil {
			t.Errorf("after %d moves something is left", moved)
		}
	}
	if err := os.Remove(filepath.Join(staged, restoringDir, completeFile)); err != nil {
		t.Fatal(err)
	}
	_, lock, err := openProfile(staged)
	if err != nil {
		t.Fatal(err)
	}
	_ = lock.Close()
	if _, err := os.Lstat(filepath.Join(staged, restoringDir)); err == nil {
		t.Error("what was not complete is left")
	}
	if _, err := os.Lstat(filepath.Join(staged, identityFile)); err == nil {
		t.Error("what was not complete was taken")
	}
}
