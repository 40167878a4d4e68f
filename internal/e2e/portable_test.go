package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestF5Portable: a folder called data beside the program is its profile, wherever both are taken; without one it is the
// system's.
func TestF5Portable(t *testing.T) {
	short(t)
	stick := t.TempDir()
	program := filepath.Join(stick, "haggle")
	raw, err := os.ReadFile(built(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, raw, 0o700); err != nil {
		t.Fatal(err)
	}
	// id runs the program with a home of its own and returns who it is.
	id := func(program, home string) string {
		t.Helper()
		cmd := exec.Command(program, "rpc", "--no-discovery", "--listen", "127.0.0.1:0")
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME=")
		out, err := cmd.Output() // its input ends at once
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(out), `"peerId":"`)
		id, _, found := strings.Cut(rest, `"`)
		if !found {
			t.Fatalf("it said %q", out)
		}
		return id
	}
	exists := func(parts ...string) bool {
		_, err := os.Stat(filepath.Join(parts...))
		return err == nil
	}
	home := t.TempDir()
	usual := id(program, home)
	if !exists(home, ".local", "share", "haggle", "identity.pem") || exists(stick, "data") {
		t.Error("without a folder data the profile is not the system's")
	}
	if err := os.Mkdir(filepath.Join(stick, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	portable := id(program, t.TempDir())
	if portable == usual || !exists(stick, "data", "identity.pem") {
		t.Error("the folder data is not used")
	}
	moved := filepath.Join(t.TempDir(), "other place")
	if err := os.Rename(stick, moved); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if got := id(filepath.Join(moved, "haggle"), other); got != portable {
		t.Errorf("taken elsewhere it is %s, not %s", got, portable)
	}
	if files, err := os.ReadDir(other); err != nil || len(files) != 0 {
		t.Errorf("it leaves %v behind, %v", files, err)
	}
}
