package arch

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the pages that tell people what to type.
var documents = []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "docs/protocol.md", "docs/performance.md", "docs/hostile.md", "docs/packaging.md"}

var (
	// target is a Makefile target that is meant for people: it says on its line what it does.
	target = regexp.MustCompile(`(?m)^([a-z]+):.*## `)
	// typed is a make command in a document, as code.
	typed = regexp.MustCompile("(?m)(?:`|^)make(?: -C \\w+)? ([a-z]+)")
	// linked is a link to another file of the repository.
	linked = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
)

func TestDocumentsNameEachCommand(t *testing.T) {
	var targets []string
	for _, m := range target.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets = append(targets, m[1])
	}
	if len(targets) < 10 {
		t.Fatalf("found only the targets %q in the Makefile", targets)
	}
	named := map[string]bool{}
	for _, doc := range documents {
		for _, m := range typed.FindAllStringSubmatch(read(t, doc), -1) {
			named[m[1]] = true
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s says make %s, which the Makefile does not have", doc, m[1])
			}
		}
	}
	for _, name := range targets {
		if !named[name] {
			t.Errorf("no document tells of make %s", name)
		}
	}
}

func TestDocumentsLinkToWhatExists(t *testing.T) {
	exists := map[string]bool{}
	if err := walk(func(name string) error {
		for ; name != "."; name = path.Dir(name) {
			exists[name] = true
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, doc := range documents {
		for _, m := range linked.FindAllStringSubmatch(read(t, doc), -1) {
			if to := path.Join(path.Dir(doc), m[1]); !exists[to] {
				t.Errorf("%s links to %s, which does not exist", doc, m[1])
			}
		}
	}
}

// TestNoPlacesOfOneMachine finds paths of somebody's machine and hosts of package registries: a clone works anywhere and
// with whatever registry its owner has set.
func TestNoPlacesOfOneMachine(t *testing.T) {
	// Written in two halves, so that this file does not find itself.
	places := []string{
		"/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/", `C:\Us` + "ers", "bash_" + "jobs",
		"proxy.go" + "lang.org", "sum.go" + "lang.org", "deb.deb" + "ian.org", "registry.np" + "mjs.org", "go" + "proxy.",
	}
	text := []string{"", ".go", ".md", ".mod", ".yml", ".toml", ".proto", ".sh", ".txt", ".json"}
	if err := walk(func(name string) error {
		if !slices.Contains(text, path.Ext(name)) {
			return nil
		}
		for i, line := range strings.Split(read(t, name), "\n") {
			for _, place := range places {
				if strings.Contains(line, place) {
					t.Errorf("%s:%d names %s", name, i+1, place)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
