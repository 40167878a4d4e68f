package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// top is the top of the repository, and id what desktops call the program.
const (
	top = "../.."
	id  = "io.github.haggle.Haggle"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// said is what a pattern finds in a file of the repository.
func said(t *testing.T, name, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(read(t, name))
	if found == nil {
		t.Fatalf("%s has nothing like %s", name, pattern)
	}
	return found[1]
}

// version is what the program says of itself.
func version(t *testing.T) string {
	t.Helper()
	return said(t, "main_version.go", `^const version = "(.*)"$`)
}

// TestF12OneVersion: whoever raises the version finds the other places that tell it here.
func TestF12OneVersion(t *testing.T) {
	want := version(t)
	for _, c := range []struct{ name, pattern string }{
		{"FyneApp.toml", `^Version = "(.*)"$`},
		{"packaging/" + id + ".metainfo.xml", `<release version="(.*?)"`}, // the newest stands first
	} {
		if got := said(t, c.name, c.pattern); got != want {
			t.Errorf("%s says version %s, main_version.go %s", c.name, got, want)
		}
	}
}

// TestF12OneDescription: the menu entry of the Debian package says what fyne writes into the others.
func TestF12OneDescription(t *testing.T) {
	list := func(s string) string { return strings.ReplaceAll(strings.Trim(s, `"`), `", "`, ";") + ";" }
	entry := "packaging/" + id + ".desktop"
	for key, want := range map[string]string{
		"Name":        said(t, "FyneApp.toml", `^Name = "(.*)"$`),
		"Icon":        said(t, "FyneApp.toml", `^ID = "(.*)"$`),
		"GenericName": said(t, "FyneApp.toml", `^GenericName = "(.*)"$`),
		"Comment":     said(t, "FyneApp.toml", `^Comment = "(.*)"$`),
		"Categories":  list(said(t, "FyneApp.toml", `^Categories = \[(.*)\]$`)),
		"Keywords":    list(said(t, "FyneApp.toml", `^Keywords = \[(.*)\]$`)),
	} {
		if got := said(t, entry, "^"+key+"=(.*)$"); got != want {
			t.Errorf("%s says %s=%s, FyneApp.toml %s", entry, key, got, want)
		}
	}
	if got := said(t, "main_window.go", `^const appID = "(.*)"$`); got != id {
		t.Errorf("main_window.go has the ID %s, want %s", got, id)
	}
}

// TestF12Desktop: desktops take the menu entry and the AppStream data as they are.
func TestF12Desktop(t *testing.T) {
	for _, words := range [][]string{
		{"desktop-file-validate", "packaging/" + id + ".desktop"},
		{"appstreamcli", "validate", "--no-net", "packaging/" + id + ".metainfo.xml"},
	} {
		if _, err := exec.LookPath(words[0]); err != nil {
			t.Skipf("skipped: needs %s", words[0])
		}
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = top
		if out, err := cmd.CombinedOutput(); err != nil || (words[0] == "desktop-file-validate" && len(out) > 0) {
			t.Errorf("%s: %v\n%s", strings.Join(words, " "), err, out)
		}
	}
}
