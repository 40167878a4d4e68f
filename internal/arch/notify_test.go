package arch

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The toolkit hands a notification's title and text to a shell on Windows, which would run what a peer wrote. These tests prove
// that nothing of a peer can get there: of all code, for whatever system, one line makes notifications, out of a type that has
// nothing but numbers and the program's own words, by methods that put only those together.

// guard is one look at the tree, or at a tree that a test has spoiled.
type guard struct {
	made, sent int
	complaints []string
}

func (g *guard) complain(at file, what string) {
	g.complaints = append(g.complaints, at.path+": "+what)
}

// prove looks at the program's files and says what would let a peer's text through.
func prove(files []file) []string {
	g := &guard{}
	notice, methods := false, 0
	for _, f := range files {
		g.uses(f)
		if path := filepath.ToSlash(f.path); strings.HasPrefix(path, "ui/") {
			for _, d := range f.ast.Decls {
				switch d := d.(type) {
				case *ast.GenDecl:
					notice = g.holds(f, d) || notice
				case *ast.FuncDecl:
					if of(d) == "Notice" {
						methods++
						g.method(f, d)
					}
				}
			}
		}
	}
	if g.made != 1 || g.sent != 1 || !notice || methods != 2 {
		g.complaints = append(g.complaints, "not one place that makes and sends notifications, and one Notice with a title and a text")
	}
	return g.complaints
}

// uses finds each way to make or send a notification.
func (g *guard) uses(f file) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name(n.Fun) == "NewNotification" {
				g.made++
				if f.path != "main_notify.go" || !slices.Equal(written(n.Args), []string{"n.Title()", "n.Text()"}) {
					g.complain(f, "makes a notification of something else than a Notice")
				}
			}
		case *ast.SelectorExpr:
			if n.Sel.Name == "SendNotification" {
				g.sent++
				if f.path != "main_window.go" {
					g.complain(f, "sends notifications")
				}
			}
			if n.Sel.Name == "Notification" && f.path != "main_notify.go" {
				g.complain(f, "has to do with a notification")
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				if s, is := to.(*ast.SelectorExpr); is && f.path == "main_notify.go" && (s.Sel.Name == "Title" || s.Sel.Name == "Content") {
					g.complain(f, "changes a notification")
				}
			}
		case *ast.CompositeLit:
			if t := name(n.Type); t == "Notification" || t == "Words" && f.path != "ui/lang.go" {
				g.complain(f, "makes a "+t+" of its own")
			}
		case *ast.FuncDecl:
			if n.Name.Name == "notifier" && !takesNotice(n) {
				g.complain(f, "its notifier takes something else than a Notice named n")
			}
		}
		return true
	})
}

// takesNotice reports whether the function that notifier returns has one parameter: a Notice called n.
func takesNotice(f *ast.FuncDecl) bool {
	ok := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		lit, is := n.(*ast.FuncLit)
		if is && len(lit.Type.Params.List) == 1 {
			p := lit.Type.Params.List[0]
			ok = len(p.Names) == 1 && p.Names[0].Name == "n" && written([]ast.Expr{p.Type})[0] == "ui.Notice"
		}
		if assigned, is := n.(*ast.AssignStmt); is && slices.Contains(written(assigned.Lhs), "n") {
			ok = false
			return false
		}
		return true
	})
	return ok
}

// holds reports whether a declaration is Notice's, and complains of what else than numbers and words it holds.
func (g *guard) holds(f file, d *ast.GenDecl) bool {
	found := false
	for _, spec := range d.Specs {
		t, is := spec.(*ast.TypeSpec)
		if !is || t.Name.Name != "Notice" {
			continue
		}
		found = true
		s, is := t.Type.(*ast.StructType)
		if !is {
			g.complain(f, "Notice is no struct")
			continue
		}
		for _, field := range s.Fields.List {
			if of := written([]ast.Expr{field.Type})[0]; of != "int" && of != "*Words" {
				g.complain(f, "Notice holds a "+of)
			}
		}
	}
	return found
}

// method complains of what a method of Notice returns beside texts of the program with numbers in them.
func (g *guard) method(f file, d *ast.FuncDecl) {
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			for _, result := range n.Results {
				if !ours(result) {
					g.complain(f, "Notice."+d.Name.Name+" returns "+written([]ast.Expr{result})[0])
				}
			}
		case *ast.AssignStmt, *ast.DeclStmt, *ast.DeferStmt, *ast.GoStmt, *ast.FuncLit:
			g.complain(f, "Notice."+d.Name.Name+" does more than return")
		}
		return true
	})
	if d.Type.Results == nil || len(d.Type.Results.List) != 1 || len(d.Type.Results.List[0].Names) > 0 || len(d.Type.Params.List) > 0 {
		g.complain(f, "Notice."+d.Name.Name+" takes something, or names its result")
	}
}

// ours reports whether an expression is a literal, or a translation by a literal key with numbers of the Notice.
func ours(e ast.Expr) bool {
	if lit, is := e.(*ast.BasicLit); is {
		return lit.Kind == token.STRING
	}
	call, is := e.(*ast.CallExpr)
	if !is || written([]ast.Expr{call.Fun})[0] != "n.words.Say" || len(call.Args) == 0 || call.Ellipsis != token.NoPos {
		return false
	}
	key, is := call.Args[0].(*ast.BasicLit)
	if !is || !strings.HasPrefix(key.Value, `"notice.`) {
		return false
	}
	for _, arg := range written(call.Args[1:]) {
		if arg != "n.messages" && arg != "n.chats" {
			return false
		}
	}
	return true
}

// name is the last name of an expression such as fyne.Notification.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return name(e.X)
	}
	return ""
}

// of is the type whose method a function is.
func of(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) != 1 {
		return ""
	}
	return name(d.Recv.List[0].Type)
}

// written are expressions as they are written, as far as these tests have to know.
func written(list []ast.Expr) (said []string) {
	for _, e := range list {
		s := "?"
		switch e := e.(type) {
		case *ast.Ident:
			s = e.Name
		case *ast.SelectorExpr:
			s = written([]ast.Expr{e.X})[0] + "." + e.Sel.Name
		case *ast.StarExpr:
			s = "*" + written([]ast.Expr{e.X})[0]
		case *ast.CallExpr:
			s = written([]ast.Expr{e.Fun})[0] + "(" + strings.Join(written(e.Args), ", ") + ")"
		case *ast.BasicLit:
			s = e.Value
		}
		said = append(said, s)
	}
	return said
}

// programFiles are all files of the tree but tests.
func programFiles(t *testing.T) (files []file) {
	t.Helper()
	for _, p := range goTree(t) {
		for _, f := range p.files {
			if !f.isTest() {
				files = append(files, f)
			}
		}
	}
	return files
}

// TestF2NotificationGuard: no rune that came from a peer can reach a notification.
func TestF2NotificationGuard(t *testing.T) {
	for _, complaint := range prove(programFiles(t)) {
		t.Error(complaint)
	}
}

// TestF2NotificationWords: what a notification says in any language is letters, digits, spaces and commas: nothing that a shell
// would take for more.
func TestF2NotificationWords(t *testing.T) {
	languages, err := filepath.Glob(filepath.Join(root, "assets/translations/*.json"))
	if err != nil || len(languages) < 2 {
		t.Fatalf("%d languages, %v", len(languages), err)
	}
	harmless := regexp.MustCompile(`^(\p{L}|\p{Nd}|%d|%\[\d\]d|[ ,，])+$`)
	for _, path := range languages {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		found := 0
		for key, said := range texts {
			if strings.HasPrefix(key, "notice.") {
				found++
				if !harmless.MatchString(said) {
					t.Errorf("%s: %s says %q", path, key, said)
				}
			}
		}
		if found != 3 {
			t.Errorf("%s has %d texts of notifications", path, found)
		}
	}
}

// TestF2GuardNotices spoils a file in each way that a careless or a clever change could, and sees the guard complain.
func TestF2GuardNotices(t *testing.T) {
	for _, c := range []struct{ name, path, from, to string }{
		{"a text in a Notice", "ui/notice.go", "messages, chats int", "messages, chats int\n\tname string"},
		{"anything in a Notice", "ui/notice.go", "words           *Words", "words *Words\n\tany"},
		{"a Notice that is a text", "ui/notice.go", "type Notice struct", "type Notice string\ntype other struct"},
		{"a title of somebody", "ui/notice.go", `return "Haggle"`, "return last"},
		{"a text put together", "ui/notice.go", `n.words.Say("notice.one")`, `n.words.Say("notice.one") + last`},
		{"a key of somebody", "ui/notice.go", `Say("notice.one")`, `Say(last)`},
		{"another text", "ui/notice.go", `Say("notice.one")`, `Say("person.named", last)`},
		{"an argument of somebody", "ui/notice.go", `"notice.some", n.messages`, `"notice.some", last`},
		{"a named result", "ui/notice.go", "Text() string {", "Text() (s string) {"},
		{"an assignment", "ui/notice.go", "\tswitch {", "\tn.words = other\n\tswitch {"},
		{"other words", "ui/notices.go", "\nconst (", "\nvar evil = &Words{}\nconst ("},
		{"another notification", "ui/notices.go", "\nconst (", "\nvar n = fyne.NewNotification(a, b)\nconst ("},
		{"a notification by hand", "ui/notices.go", "\nconst (", "\nvar n = fyne.Notification{}\nconst ("},
		{"another sender", "ui/notices.go", "\nconst (", "\nfunc f(a fyne.App) { a.SendNotification(nil) }\nconst ("},
		{"a longer content", "main_notify.go", "n.Text())", "n.Text() + name)"},
		{"a content exchanged", "main_notify.go", "		go func() {", "		sent.Content = name\n		go func() {"},
		{"a notifier of texts", "main_notify.go", "func(n ui.Notice) {", "func(n texts) {"},
		{"a notice exchanged", "main_notify.go", "		go func() {", "		n = other\n		go func() {"},
	} {
		spoiled := 0
		files := programFiles(t)
		for i, f := range files {
			if f.path != c.path {
				continue
			}
			text := strings.Replace(read(t, c.path), c.from, c.to, 1)
			parsed, err := parser.ParseFile(token.NewFileSet(), c.path, text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if text != read(t, c.path) {
				spoiled++
			}
			files[i].ast = parsed
		}
		if spoiled != 1 || len(prove(files)) == 0 {
			t.Errorf("%s: spoiled %d times, and nobody complains", c.name, spoiled)
		}
	}
}
