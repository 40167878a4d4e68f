package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTableFits keeps every mutant aimed at exactly one place of the code, and listed in CONTRIBUTING with its test.
func TestTableFits(t *testing.T) {
	if len(table) < 40 {
		t.Fatalf("%d mutants, want at least 40", len(table))
	}
	listed, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range table {
		code, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.apply(string(code)); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if !strings.Contains(string(listed), "| "+m.name+" |") {
			t.Errorf("%s is not listed in CONTRIBUTING.md", m.name)
		}
	}
}
