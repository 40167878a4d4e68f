package rpc_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"haggle/internal/lan"
)

var update = flag.Bool("update", false, "write what the programs say into the transcripts")

// TestTranscripts plays the conversations in testdata. A line "A> ..." is written to the program A; what the programs
// write in the second after it follows as "A< ..." and "B< ...", all of it, to the byte. A is the identity of seed 01, B
// of seed 02; time is virtual. $DIR is a folder with files: chair and table are pictures, notes is none. Lines with # are
// for people.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 4 {
		t.Fatalf("found the transcripts %q, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := string(raw)
			var got string
			synctest.Test(t, func(t *testing.T) { got = play(t, want) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("%s is otherwise now (-update writes it):\n%s", file, difference(want, got))
			}
		})
	}
}

// play repeats a transcript and returns what it would be now.
func play(t *testing.T, script string) string {
	network := lan.New(1, lan.Faults{})
	dir := t.TempDir()
	for name, content := range map[string]string{"chair": picture + "a chair", "table": picture + "a table", "notes": "What I need"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	programs := []*program{start(t, network, 1, setup{})}
	if strings.Contains(script, "\nB") {
		programs = append(programs, start(t, network, 2, setup{}))
	}
	var out strings.Builder
	listen := func() {
		settle()
		for i, p := range programs {
			for _, line := range p.all() {
				fmt.Fprintf(&out, "%c< %s\n", 'A'+i, strings.ReplaceAll(line, dir, "$DIR"))
			}
		}
	}
	started := false
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		name, said, isInput := strings.Cut(line, "> ")
		switch {
		case strings.HasPrefix(line, "#"), line == "":
			if line == "" && !started {
				listen()
				started = true
			}
			out.WriteString(line + "\n")
		case isInput && len(name) == 1 && int(name[0]-'A') < len(programs):
			out.WriteString(line + "\n")
			programs[name[0]-'A'].send(strings.ReplaceAll(said, "$DIR", dir))
			listen()
		}
	}
	return out.String()
}

// difference is the first lines that differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(nothing)"
		}
		if line(w) != line(g) {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, line(w), line(g))
		}
	}
	return ""
}
