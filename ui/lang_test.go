package ui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"haggle/assets"
)

func translation(t *testing.T, language string) map[string]string {
	t.Helper()
	words := map[string]string{}
	if err := json.Unmarshal(assets.Translation(language), &words); err != nil {
		t.Fatalf("%s: %v", language, err)
	}
	return words
}

var verb = regexp.MustCompile(`%(\[\d\])?[sdv]`)

func TestLanguagesSayTheSame(t *testing.T) {
	english := translation(t, "en")
	for _, l := range Languages {
		words := translation(t, l.Code)
		for key, text := range english {
			other, ok := words[key]
			if !ok {
				t.Errorf("%s does not say %s", l.Code, key)
			}
			want, got := verb.FindAllString(text, -1), verb.FindAllString(other, -1)
			if len(got) != len(want) {
				t.Errorf("%s says %s with %d values, want %d", l.Code, key, len(got), len(want))
			}
			if strings.TrimSpace(other) == "" {
				t.Errorf("%s says nothing for %s", l.Code, key)
			}
		}
		for key := range words {
			if _, ok := english[key]; !ok {
				t.Errorf("%s says %s, which English does not", l.Code, key)
			}
		}
	}
}

// TestKeys reads the source: every key that a screen asks for is there, and every one that is there is asked for.
func TestKeys(t *testing.T) {
	english := translation(t, "en")
	asked := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(fset, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "count" || s.Sel.Name == "Count") {
					if lit, ok := call.Args[0].(*ast.BasicLit); ok {
						key, _ := strconv.Unquote(lit.Value)
						asked[key+".one"], asked[key+".other"] = true, true
					}
				}
			}
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if key, err := strconv.Unquote(lit.Value); err == nil && keyForm.MatchString(key) {
					if _, isFile := os.Stat(key); isFile != nil {
						asked[key] = true
					}
				}
			}
			return true
		})
	}
	for key := range asked {
		_, plain := english[key]
		_, counted := english[key+".other"]
		if !plain && !counted {
			t.Errorf("nobody translated %s", key)
		}
	}
	var unused []string
	for key := range english {
		if !asked[key] {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	if len(unused) > 0 {
		t.Errorf("nobody asks for %s", unused)
	}
}

// keyForm is how keys look; nothing else in the source does.
var keyForm = regexp.MustCompile(`^[a-z][a-zA-Z]*(\.[a-z][a-zA-Z0-9]*)+$`)

func TestWords(t *testing.T) {
	for _, c := range []struct{ locale, language string }{
		{"zh_CN.UTF-8", "zh"}, {"zh-Hans-CN", "zh"}, {"en_GB.UTF-8", "en"}, {"de_DE", "en"}, {"C", "en"}, {"", "en"},
	} {
		if got := LanguageOf(c.locale); got != c.language {
			t.Errorf("locale %q is spoken %s, want %s", c.locale, got, c.language)
		}
	}
	if w := NewWords("xx"); w.Language != "en" || w.Say("do.back") != "Back" {
		t.Errorf("an unknown language says %q in %s", w.Say("do.back"), w.Language)
	}
	zh := NewWords("zh")
	if got := zh.Say("person.nameless", "ABC"); got != "某人（ABC）" {
		t.Errorf("with a value: %s", got)
	}
	for _, c := range []struct{ key, name, want string }{
		{"person.blockAsk", "王小明", "屏蔽王小明？"},
		{"person.blockAsk", "Tom", "屏蔽 Tom？"},
		{"room.away", "王小明", "王小明不在线，消息会在对方上线后送达。"},
		{"room.away", "Tom", "Tom 不在线，消息会在对方上线后送达。"},
		{"thread.ahead.days.other", "Tom", "Tom 的时钟快了约 3 天"},
	} {
		args := []any{c.name}
		if c.key == "thread.ahead.days.other" {
			args = []any{3, c.name}
		}
		if got := zh.Say(c.key, args...); got != c.want {
			t.Errorf("%s of %s says %q, want %q", c.key, c.name, got, c.want)
		}
	}
	if args := []any{"Tom"}; zh.Say("room.away", args...) == "" || args[0] != "Tom" {
		t.Errorf("a caller's value became %q", args[0])
	}
}
