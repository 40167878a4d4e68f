package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the top of the repository, seen from this package's folder, where go test runs it.
const root = "../.."

// pkg is the Go files of one folder, whatever platform or tag they are for.
type pkg struct {
	files []file
}

// file is one parsed Go file.
type file struct {
	path string // slashed, from the top of the repository
	ast  *ast.File
}

func (f file) isTest() bool      { return strings.HasSuffix(f.path, "_test.go") }
func (f file) isGenerated() bool { return ast.IsGenerated(f.ast) }

// imports lists the import paths of f.
func (f file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, "`\""))
	}
	return paths
}

var fset = token.NewFileSet()

// readTree parses the repository once for all tests. Packages are keyed by folder, the top one being ".".
var readTree = sync.OnceValues(func() (map[string]*pkg, error) {
	tree := map[string]*pkg{}
	err := walk(func(name string) error {
		if path.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(fset, filepath.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if tree[dir] == nil {
			tree[dir] = &pkg{}
		}
		tree[dir].files = append(tree[dir].files, file{path: name, ast: parsed})
		return nil
	})
	return tree, err
})

// goTree is readTree's result, or the end of the test.
func goTree(t *testing.T) map[string]*pkg {
	t.Helper()
	tree, err := readTree()
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// walk calls visit for every file that belongs to this module: not for other modules below it, fixtures, build output
// and hidden folders but .ci. Names are slashed, from the top of the repository.
func walk(visit func(name string) error) error {
	return filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !entry.IsDir() {
			return visit(name)
		}
		if name == "." {
			return nil
		}
		base := entry.Name()
		hidden := strings.HasPrefix(base, ".") && base != ".ci"
		if hidden || slices.Contains([]string{"testdata", "build"}, base) {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return fs.SkipDir
		}
		return nil
	})
}

// read is the text of a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
