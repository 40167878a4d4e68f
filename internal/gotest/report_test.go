package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// lines makes the events of one package from rows of action, test and output.
func lines(t *testing.T, rows ...[3]string) string {
	t.Helper()
	var b strings.Builder
	for _, row := range rows {
		line, err := json.Marshal(event{Action: row[0], Package: "p", Test: row[1], Output: row[2]})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestReport(t *testing.T) {
	for _, c := range []struct {
		name  string
		short bool
		rows  [][3]string
		want  string   // what is printed
		ci    []string // what is wrong in CI
		local []string // what is wrong elsewhere
	}{
		{
			name: "passing tests are silent",
			rows: [][3]string{
				{"run", "TestA", ""},
				{"output", "TestA", "=== RUN   TestA\n"},
				{"output", "TestA", "    a_test.go:1: chatter\n"},
				{"pass", "TestA", ""},
				{"output", "", "PASS\n"},
				{"output", "", "ok  \tp\t0.1s\n"},
				{"pass", "", ""},
			},
			want: "ok  \tp\t0.1s\n",
		},
		{
			name: "a failure shows its output and no other's",
			rows: [][3]string{
				{"output", "TestA", "    a_test.go:1: chatter\n"},
				{"pass", "TestA", ""},
				{"output", "TestB", "=== RUN   TestB\n"},
				{"output", "TestB", "    b_test.go:2: got 1, want 2\n"},
				{"output", "TestB", "--- FAIL: TestB (0.00s)\n"},
				{"fail", "TestB", ""},
				{"output", "", "FAIL\tp\t0.1s\n"},
				{"fail", "", ""},
			},
			want: "    b_test.go:2: got 1, want 2\n--- FAIL: TestB (0.00s)\nFAIL\tp\t0.1s\n",
		},
		{
			name: "a skip is named before the verdict and is a hole in CI",
			rows: [][3]string{
				{"output", "TestNet", "    net_test.go:9: skipped: needs root\n"},
				{"output", "TestNet", "--- SKIP: TestNet (0.00s)\n"},
				{"skip", "TestNet", ""},
				{"output", "", "ok  \tp\t0.1s\n"},
				{"pass", "", ""},
			},
			want: "skipped p.TestNet: needs root\nok  \tp\t0.1s\n",
			ci:   []string{"tests skipped that CI has to run: 1"},
		},
		{
			name: "what only make soak runs is named and passes",
			rows: [][3]string{
				{"output", "TestNight", "    n_test.go:9: skipped: needs HAGGLE_SOAK=1\n"},
				{"skip", "TestNight", ""},
				{"output", "", "ok  \tp\t0.1s\n"},
				{"pass", "", ""},
			},
			want: "skipped p.TestNight: needs HAGGLE_SOAK=1\nok  \tp\t0.1s\n",
		},
		{
			name:  "-short asked for its skips",
			short: true,
			rows: [][3]string{
				{"skip", "TestSlow", ""},
				{"output", "", "ok  \tp\t0.1s\n"},
				{"pass", "", ""},
			},
			want: "ok  \tp\t0.1s\n",
		},
		{
			name: "a fuzz target without a seed is a failure, one with a seed is not",
			rows: [][3]string{
				{"pass", "FuzzBare", ""},
				{"pass", "FuzzSeeded/seed#0", ""},
				{"pass", "FuzzSeeded", ""},
				{"output", "", "ok  \tp\t0.1s\n"},
				{"pass", "", ""},
			},
			want:  "ok  \tp\t0.1s\n",
			ci:    []string{"p.FuzzBare has no seed: call f.Add, or add files to testdata/fuzz"},
			local: []string{"p.FuzzBare has no seed: call f.Add, or add files to testdata/fuzz"},
		},
		{
			name: "a package without tests says nothing",
			rows: [][3]string{
				{"output", "", "?   \tp\t[no test files]\n"},
				{"skip", "", ""},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			r := report{out: &out, short: c.short}
			if err := r.read(strings.NewReader(lines(t, c.rows...))); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("printed %q, want %q", out.String(), c.want)
			}
			if got := r.problems(true); !slices.Equal(got, c.ci) {
				t.Errorf("in CI %q, want %q", got, c.ci)
			}
			if got := r.problems(false); !slices.Equal(got, c.local) {
				t.Errorf("elsewhere %q, want %q", got, c.local)
			}
		})
	}
}

func TestReportRefusesWhatIsNoEvent(t *testing.T) {
	r := report{out: new(strings.Builder)}
	if err := r.read(strings.NewReader("go: no such tool\n")); err == nil {
		t.Error("read took a line that is no event")
	}
}
