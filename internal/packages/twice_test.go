package packages

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestH2SameProgramTwice: two people who build the static program of one commit, each in a folder of their own, get the same
// bytes, and the program tells of which commit it is.
func TestH2SameProgramTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	run := func(folder string, words ...string) string {
		t.Helper()
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", strings.Join(words, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	for _, arch := range []string{"amd64", "arm64"} {
		var programs [2][]byte
		for i := range programs {
			folder := filepath.Join(t.TempDir(), strings.Repeat("deeper/", i)+"haggle")
			run(top, "git", "clone", "--quiet", ".", folder)
			flags := run(folder, "scripts/ldflags")
			run(folder, "env", "GOARCH="+arch, "go", "build", "-tags=headless", "-trimpath", "-ldflags="+flags, "-o", "program", ".")
			var err error
			if programs[i], err = os.ReadFile(filepath.Join(folder, "program")); err != nil {
				t.Fatal(err)
			}
			commit := run(folder, "git", "rev-parse", "HEAD")[:12]
			if !strings.Contains(flags, "main.builtOf="+commit+" ") || !bytes.Contains(programs[i], []byte(commit)) {
				t.Errorf("%s: the program does not tell that it is of commit %s: %s", arch, commit, flags)
			}
		}
		if !bytes.Equal(programs[0], programs[1]) {
			t.Errorf("%s: the programs differ", arch)
		}
	}
}
