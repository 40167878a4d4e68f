package arch

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

func TestOnePackageComment(t *testing.T) {
	for folder, p := range goTree(t) {
		var commented []string
		for _, f := range p.files {
			if f.isTest() || f.isGenerated() || f.ast.Doc == nil {
				continue
			}
			commented = append(commented, f.path)
			want := "Package " + f.ast.Name.Name + " "
			if f.ast.Name.Name == "main" {
				want = "Command " + path.Base(folder) + " "
				if folder == "." {
					want = "Haggle "
				}
			}
			if text := f.ast.Doc.Text(); !strings.HasPrefix(text, want) {
				t.Errorf("%s: the package comment starts %.20q..., want %q", f.path, text, want)
			}
		}
		if len(commented) != 1 {
			t.Errorf("package %s has %d package comments, want one: %v", folder, len(commented), commented)
		}
	}
}

// unused are words that the project has better ones for; see CONTRIBUTING.md.
var unused = []string{
	"user", "account", "client", "server", "session", "contact", "manager", "service", "util", "utils", "common", "helper",
	"helpers", "model", "models",
}

func TestWords(t *testing.T) {
	check := func(what, name string) {
		for _, word := range words(name) {
			for _, bad := range unused {
				if word == bad {
					t.Errorf("%s %s: the word %q is not used here", what, name, bad)
				}
			}
		}
	}
	for folder, p := range goTree(t) {
		check("package", path.Base(folder))
		for _, f := range p.files {
			check("file", strings.TrimSuffix(path.Base(f.path), ".go"))
			if f.isTest() || f.isGenerated() {
				continue
			}
			for _, decl := range f.ast.Decls {
				for _, name := range declared(decl) {
					if name.IsExported() {
						check(f.path, name.Name)
					}
				}
			}
		}
	}
}

// declared lists the names that a top-level declaration makes.
func declared(decl ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := decl.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name)
			case *ast.ValueSpec:
				names = append(names, s.Names...)
			}
		}
	}
	return names
}

// words splits a name at capitals, underscores and digits, in lower case.
func words(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte(' ')
		}
		if !unicode.IsLetter(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

func TestFuzzTargetsHaveSeeds(t *testing.T) {
	targets := 0
	for folder, p := range goTree(t) {
		for _, f := range p.files {
			for _, decl := range f.ast.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || !f.isTest() || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
					continue
				}
				targets++
				corpus, _ := os.ReadDir(filepath.Join(root, folder, "testdata", "fuzz", fn.Name.Name))
				if len(corpus) == 0 && !seeds(fn) {
					t.Errorf("%s: %s has no seed: call f.Add, or add files to testdata/fuzz", f.path, fn.Name.Name)
				}
			}
		}
	}
	if targets == 0 {
		t.Error("there is no fuzz target at all")
	}
}

// seeds reports whether a fuzz target calls Add on its *testing.F or hands that to a function that may.
func seeds(target *ast.FuncDecl) bool {
	if len(target.Type.Params.List) != 1 || len(target.Type.Params.List[0].Names) != 1 {
		return false
	}
	f := target.Type.Params.List[0].Names[0].Name
	isF := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == f
	}
	found := false
	ast.Inspect(target.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if method, ok := call.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Add" && isF(method.X) {
			found = true
		}
		for _, arg := range call.Args {
			found = found || isF(arg)
		}
		return true
	})
	return found
}

// skipWords is how a skip begins: it says what is missing, so that gotest can tell a hole from a choice.
var skipWords = regexp.MustCompile(`^skipped: (needs .+|-short)`)

func TestSkipsSayWhatIsMissing(t *testing.T) {
	for _, p := range goTree(t) {
		for _, f := range p.files {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if on, ok := method.X.(*ast.Ident); !ok || !slices.Contains([]string{"t", "b", "f", "tb"}, on.Name) {
					return true
				}
				switch method.Sel.Name {
				case "SkipNow":
					t.Errorf("%s: SkipNow says nothing: use Skip with a reason", fset.Position(call.Pos()))
				case "Skip", "Skipf":
					if len(call.Args) == 0 || !skipWords.MatchString(literal(call.Args[0])) {
						t.Errorf("%s: a skip starts with a literal that matches %s", fset.Position(call.Pos()), skipWords)
					}
				}
				return true
			})
		}
	}
}

// literal is the value of a string literal, or "".
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

func TestWordsSplit(t *testing.T) {
	for name, want := range map[string]string{
		"NewServer": "new server", "serverURL": "server url", "tls_client2": "tls client", "Observer": "observer",
	} {
		if got := strings.Join(words(name), " "); got != want {
			t.Errorf("words(%q) = %q, want %q", name, got, want)
		}
	}
}

// bannedNames are identifiers that no code of ours uses, each with the reason. The linter bans calls; these are fields,
// which it does not see in literals.
var bannedNames = map[string]string{
	"VerifyPeerCertificate": "a resumed connection skips it; use VerifyConnection",
}

func TestBannedNames(t *testing.T) {
	for _, p := range goTree(t) {
		for _, f := range p.files {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && bannedNames[id.Name] != "" {
					t.Errorf("%s: %s: %s", fset.Position(id.Pos()), id.Name, bannedNames[id.Name])
				}
				return true
			})
		}
	}
}
