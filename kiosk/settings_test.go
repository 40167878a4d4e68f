package kiosk

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	hash, err := Hash("2468")
	if err != nil {
		t.Fatal(err)
	}
	all := Settings{
		Name: "Hall 3", PIN: hash, Language: "zh", Look: "dark", TextSize: 1.25, Idle: 90 * time.Second, Warning: 20 * time.Second,
		Slide: 12 * time.Second, Categories: []string{"books", "food"},
	}
	for _, c := range []struct {
		name, file string
		want       func(*Settings)
		wrong      []string // each is part of a complaint, in order
	}{
		{"nothing", "", func(*Settings) {}, nil},
		{"everything", "\ufeffname = 'Hall 3'\npin = '" + hash + "'\nlanguage = 'zh'\nlook = 'dark'\ntext_size = 1.25\nidle_seconds = 90\n" +
			"warning_seconds = 20\nslideshow = false\nslide_seconds = 12\ncategories = ['books', 'food']\n", func(s *Settings) { *s = all }, nil},
		{"a PIN as it is", "pin = '2468'", func(s *Settings) { s.PIN = "2468" }, []string{"for all to read"}},
		{"not TOML", "idle_seconds = 30\nlook = dark", func(*Settings) {}, []string{"not TOML"}},
		{"one bad value spoils no other", "idle_seconds = 'soon'\nlook = 'dark'", func(s *Settings) { s.Look = "dark" }, []string{"idle_seconds is not taken: want 10 to 3600"}},
		{
			"out of range", "idle_seconds = 1\nwarning_seconds = 1e9\nslide_seconds = -1\ntext_size = 9", func(*Settings) {},
			[]string{"text_size", "idle_seconds", "warning_seconds", "slide_seconds"},
		},
		{
			"of another kind", "name = 3\npin = 2468\nlanguage = true\nlook = 'pink'\nslideshow = 1\ncategories = 'books'", func(*Settings) {},
			[]string{"name", "pin", "language", "look", "slideshow", "categories"},
		},
		{"a list with a hole", "categories = ['books', '']", func(*Settings) {}, []string{"categories"}},
		{"unknown", "idel_seconds = 5\nanother = 1", func(*Settings) {}, []string{`"another"`, `"idel_seconds"`}},
		{"a hash that is too dear", "pin = '$argon2id$v=19$m=4194304,t=3,p=1$AAAA$AAAA'", func(*Settings) {}, []string{"pin"}},
	} {
		want := defaults()
		c.want(&want)
		got := defaults()
		got.take([]byte(c.file))
		if len(got.Wrong) != len(c.wrong) {
			t.Errorf("%s: complains %q, want %q", c.name, got.Wrong, c.wrong)
		} else {
			for i := range c.wrong {
				if !strings.Contains(got.Wrong[i], c.wrong[i]) {
					t.Errorf("%s: complains %q, want %q", c.name, got.Wrong[i], c.wrong[i])
				}
			}
		}
		if got.Wrong = nil; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func TestLoad(t *testing.T) {
	at := filepath.Join(t.TempDir(), "kiosk.toml")
	if s := Load(at, false); !reflect.DeepEqual(s, defaults()) {
		t.Errorf("without a file: %+v", s)
	}
	if s := Load(at, true); len(s.Wrong) != 1 || s.Idle != time.Minute {
		t.Errorf("without the file that was named: %+v", s)
	}
	if err := os.WriteFile(at, []byte("look = 'dark'"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := Load(at, true); s.Look != "dark" || s.Wrong != nil {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(at, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := Load(at, true); len(s.Wrong) != 1 {
		t.Errorf("a huge file: %+v", s)
	}
	if s := Load(t.TempDir(), true); len(s.Wrong) != 1 {
		t.Errorf("a folder: %+v", s)
	}
}

// TestDocumented: the table in docs/kiosk.md has every setting, and no other.
func TestDocumented(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "kiosk.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "| setting |")
	table, _, _ = strings.Cut(table, "\n\n")
	var file strings.Builder
	n := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		file.WriteString(strings.Trim(cells[1], " `") + " = " + strings.Trim(cells[2], " `") + "\n")
		n++
	}
	s := defaults()
	s.take([]byte(file.String()))
	if n != 10 || len(s.Wrong) != 1 || !strings.HasPrefix(s.Wrong[0], "the PIN stands in the file") {
		t.Errorf("%d documented settings; their examples give %q:\n%s", n, s.Wrong, file.String())
	}
}

// FuzzSettings: whatever stands in the file, there are settings to run on.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{"", "idle_seconds = 30", "categories = [[1]]", "a.b.c = 1", "pin = '2468'", "idle_seconds = nan", "x = 1979-05-27"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := defaults()
		s.take(raw)
		if s.Idle < 10*time.Second || s.Idle > time.Hour || s.Warning < 5*time.Second || s.Warning > 2*time.Minute || s.Slide < 3*time.Second ||
			s.TextSize < 0.8 || s.TextSize > 2 || s.Look == "" {
			t.Errorf("%+v", s)
		}
	})
}
