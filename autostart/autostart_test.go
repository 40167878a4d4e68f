package autostart

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// hostile are words that a careless writer breaks on.
var hostile = []string{
	"--hidden", "", "a b", `quo"te`, `back\slash`, `ends in \`, `\"`, "dollar $HOME `id`", "50% %f %%", "semi;colon", "中文 路径", "<&>'", "~", `c:\x y\`, "tab\u00a0",
}

// execWords reads a value of Exec as a desktop does, by its specification: first the string, then quotes, then field codes.
func execWords(t *testing.T, value string) (words []string) {
	t.Helper()
	value = strings.ReplaceAll(value, `\\`, `\`)
	word, inside, begun := "", false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case inside && c == '\\' && i+1 < len(value):
			i++
			word += value[i : i+1]
		case c == '"':
			inside, begun = !inside, true
		case !inside && c == ' ':
			words, word, begun = append(words, word), "", false
		case c == '%':
			if i++; i == len(value) || value[i] != '%' {
				t.Fatalf("a field code in %q", value)
			}
			word, begun = word+"%", true
		default:
			word, begun = word+value[i:i+1], true
		}
	}
	if inside || !begun {
		t.Fatalf("%q does not end", value)
	}
	return append(words, word)
}

// field is the value of a key of a desktop entry.
func field(t *testing.T, text, key string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, key+"="); found {
			return strings.TrimSuffix(value, "\n")
		}
	}
	t.Fatalf("no %s in %q", key, text)
	return ""
}

// argv reads a command line as Windows does.
func argv(line string) (words []string) {
	for line != "" {
		word, inside, slashes, i := "", false, 0, 0
		for ; i < len(line); i++ {
			c := line[i]
			if c == '\\' {
				slashes++
				continue
			}
			if c == '"' {
				word += strings.Repeat(`\`, slashes/2)
				if slashes%2 == 1 {
					word += `"`
				} else {
					inside = !inside
				}
				slashes = 0
				continue
			}
			word += strings.Repeat(`\`, slashes)
			slashes = 0
			if c == ' ' && !inside {
				break
			}
			word += line[i : i+1]
		}
		word += strings.Repeat(`\`, slashes)
		words = append(words, word)
		line = strings.TrimPrefix(line[i:], " ")
	}
	return words
}

func absolute(path string) string {
	if runtime.GOOS == "windows" {
		return `C:` + filepath.FromSlash(path)
	}
	return path
}

// TestF3ItemsOfEachSystem: each system reads the words out of an item that were put in, whatever is in them.
func TestF3ItemsOfEachSystem(t *testing.T) {
	i := Item{Name: "haggle", Title: "Haggle", Program: absolute("/opt/a b/50% \\$x/haggle"), Args: hostile}
	want := append([]string{i.Program}, hostile...)

	entry := desktopFile(i)
	if got := execWords(t, field(t, entry, "Exec")); !slices.Equal(got, want) {
		t.Errorf("a desktop starts %q\nwant %q", got, want)
	}
	if !strings.HasPrefix(entry, "[Desktop Entry]\nType=Application\n") || field(t, entry, "Name") != "Haggle" || field(t, entry, "Terminal") != "false" {
		t.Errorf("the entry is %q", entry)
	}

	var plist struct {
		Dict struct {
			Keys    []string `xml:"key"`
			Strings []string `xml:"string"`
			Array   []string `xml:"array>string"`
			True    []string `xml:"true"`
		} `xml:"dict"`
	}
	if err := xml.Unmarshal([]byte(launchAgent(i)), &plist); err != nil {
		t.Fatal(err)
	}
	if d := plist.Dict; !slices.Equal(d.Array, want) || d.Strings[0] != "haggle" || len(d.True) != 1 ||
		!slices.Equal(d.Keys, []string{"Label", "ProgramArguments", "RunAtLoad", "ProcessType", "LimitLoadToSessionType"}) {
		t.Errorf("launchd reads %+v", plist.Dict)
	}

	i.Program = `C:\Program Files\Haggle\haggle.exe`
	for _, args := range [][]string{{"--hidden"}, hostile[:8], hostile[8:]} {
		i.Args = args
		line, err := runValue(i)
		if err != nil {
			t.Fatal(err)
		}
		if got := argv(line); !slices.Equal(got, append([]string{i.Program}, args...)) {
			t.Errorf("Windows starts %q of %q", got, line)
		}
	}
	if line, _ := runValue(Item{Program: `C:\h.exe`, Args: []string{"--hidden", "--data", `D:\My goods`}}); line != `"C:\h.exe" --hidden --data "D:\My goods"` {
		t.Errorf("the value is %s", line)
	}
	i.Args = []string{strings.Repeat("x", maxRun)}
	if _, err := runValue(i); !errors.Is(err, ErrImpossible) {
		t.Errorf("a value that Windows cuts off: %v", err)
	}
}

// TestF3OnAndOff: for each kind of file, on writes one, off removes it and nothing else, and it follows the program.
func TestF3OnAndOff(t *testing.T) {
	for name, make := range map[string]func(string) files{"desktop": desktopFiles, "agent": launchAgents} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "autostart")
			s := make(folder)
			i := Item{Name: "haggle", Title: "Haggle", Program: absolute("/opt/haggle"), Args: []string{"--hidden"}}
			is := func(what string, want bool) {
				t.Helper()
				if on, err := i.on(s); on != want || err != nil {
					t.Errorf("%s: on %v, %v", what, on, err)
				}
			}
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			is("at first", false)
			must(i.follow(s)) // starts nothing that was off
			must(i.set(s, false))
			is("after a following", false)
			must(i.set(s, true))
			is("turned on", true)
			other := filepath.Join(folder, "other"+s.ending)
			must(os.WriteFile(other, nil, 0o600))

			i.Program = absolute("/opt/moved here/haggle")
			must(i.follow(s))
			text, _, err := s.read(i.Name)
			if err != nil || !strings.Contains(text, "moved here") || strings.Contains(text, "/opt/haggle") {
				t.Errorf("after a move: %q, %v", text, err)
			}
			if name == "desktop" {
				for _, off := range []string{"Hidden=true\n", "X-GNOME-Autostart-enabled = false\n"} {
					must(s.write(i.Name, "[Desktop Entry]\n"+off))
					is(off, false)
					must(i.follow(s))
					is(off+" after a following", false)
				}
				must(i.set(s, true))
				is("on again", true)
			}
			must(i.set(s, false))
			is("turned off", false)
			left, err := os.ReadDir(folder)
			if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(other) {
				t.Errorf("left are %v, %v", left, err)
			}
		})
	}
}

// TestF3Impossible: what a system would read otherwise is refused, not written.
func TestF3Impossible(t *testing.T) {
	s := desktopFiles(t.TempDir())
	good := Item{Name: "haggle", Title: "Haggle", Program: absolute("/opt/haggle")}
	for name, i := range map[string]Item{
		"relative":        {Name: "haggle", Title: "Haggle", Program: "haggle"},
		"outside":         {Name: "../haggle", Title: "Haggle", Program: good.Program},
		"no name":         {Title: "Haggle", Program: good.Program},
		"line in a path":  {Name: "haggle", Title: "Haggle", Program: good.Program + "\nExec=x"},
		"line in a word":  {Name: "haggle", Title: "Haggle", Program: good.Program, Args: []string{"a\rb"}},
		"line in a title": {Name: "haggle", Title: "H\nExec=x", Program: good.Program},
	} {
		if err := i.set(s, true); !errors.Is(err, ErrImpossible) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, err := os.ReadDir(s.folder); err != nil || len(files) != 0 {
		t.Errorf("written are %v, %v", files, err)
	}
	if err := os.WriteFile(s.path("haggle"), make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := good.on(s); err == nil {
		t.Error("a file of any length is read")
	}
}

// TestF3System: what this system starts can be turned on and off; tests use a folder of their own.
func TestF3System(t *testing.T) {
	if runtime.GOOS == "windows" {
		i := Item{Name: "haggle-test", Title: "Haggle", Program: `C:\haggle test.exe`, Args: []string{"--hidden"}}
		turns(t, i)
		return
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	turns(t, Item{Name: "haggle-test", Title: "Haggle", Program: "/opt/haggle", Args: []string{"--hidden"}})
}

func turns(t *testing.T, i Item) {
	t.Helper()
	for _, want := range []bool{true, false} {
		if err := i.Set(want); err != nil {
			t.Fatal(err)
		}
		if err := i.Follow(); err != nil {
			t.Error(err)
		}
		if on, err := i.On(); err != nil || on != want {
			t.Errorf("on %v, want %v, %v", on, want, err)
		}
	}
}
