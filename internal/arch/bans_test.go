package arch

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bans are what hostile input must never meet. The linter of .golangci.yml finds most of it, with the types; here stands
// that it goes on looking.
var bans = []string{
	"encoding/gob", "golang.org/x/image/tiff", "golang.org/x/image/bmp", "math/rand$", "math/rand/v2", "fyne.io/fyne/v2/dialog", "fyne.io/fyne/v2/storage",
	"^panic$", `^os\.Exit$`, `^log\.(Fatal|Panic|Print)(f|ln)?$`, `^io\.ReadAll$`, `^tls\.Config\.VerifyPeerCertificate$`,
	`^tls\.Config\.(ClientSessionCache|SessionTicketKey)$`, `^(image|jpeg|png|gif|webp)\.(Decode|DecodeAll|DecodeConfig)$`,
	`^(fyne\.App|app\.\w+)\.(SendNotification|OpenURL)$`, `^fyne\.NewNotification$`, `NewRichTextFromMarkdown|NewHyperlink.*|RichText\.ParseMarkdown`,
	`^canvas\.NewImageFrom(Reader|Resource|URI|File)$`,
}

func TestBansAreLinted(t *testing.T) {
	config := read(t, ".golangci.yml")
	for _, ban := range bans {
		if !strings.Contains(config, ban) {
			t.Errorf(".golangci.yml does not look for %s any more", ban)
		}
	}
}

// excused are the places where something banned is right, and how often: the reason stands on each line.
var excused = map[string]int{
	"io.ReadAll": 1, "SendNotification": 1, "NewNotification": 1,
}

var (
	excuse  = regexp.MustCompile(`//nolint:forbidigo // \S`)
	watched = regexp.MustCompile(`io\.ReadAll|SendNotification|NewNotification|OpenURL|NewHyperlink|ParseMarkdown|NewRichTextFromMarkdown|NewImageFrom(Reader|Resource|URI|File)`)
)

// TestBansAreSeldomExcused counts the lines of the program that the linter was told to pass over: there are few, and a new
// one is to be looked at.
func TestBansAreSeldomExcused(t *testing.T) {
	found := map[string]int{}
	for folder, p := range goTree(t) {
		if below(folder, "internal") || folder == "chat/storetest" {
			continue
		}
		for _, f := range p.files {
			if f.isTest() {
				continue
			}
			for line := range strings.Lines(read(t, f.path)) {
				if what := watched.FindString(line); what != "" && excuse.MatchString(line) {
					found[what]++
				}
			}
		}
	}
	for what, n := range found {
		if n > excused[what] {
			t.Errorf("%s is excused %d times, want at most %d", what, n, excused[what])
		}
	}
}

// pathless are the packages through which peers' words pass: none of them makes a path of anything.
var pathless = []string{"chat", "text", "peer/wire", "peer/discovery", "doctor", "rpc"}

// TestPeersNameNoFiles: no package that handles what peers say makes paths, and the store's files are named by hashes and
// constants alone.
func TestPeersNameNoFiles(t *testing.T) {
	tree := goTree(t)
	for _, folder := range pathless {
		for _, f := range tree[folder].files {
			if !f.isTest() && slices.ContainsFunc(f.imports(), func(s string) bool { return s == "path/filepath" || s == "path" }) {
				t.Errorf("%s makes paths", f.path)
			}
		}
	}
	for _, f := range tree["storage"].files {
		if f.isTest() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Join" && isNamed(s.X, "filepath") {
				for _, arg := range call.Args {
					ast.Inspect(arg, func(n ast.Node) bool {
						if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"Text", "Name", "Title", "Description", "Category", "Alias"}, s.Sel.Name) && !isNamed(s.X, "e") {
							t.Errorf("%s joins a path with %s", f.path, s.Sel.Name)
						}
						return true
					})
				}
			}
			return true
		})
	}
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// TestTLSWithoutWhatResumes: fields of tls.Config that the linter sees only where they are set by name.
func TestTLSWithoutWhatResumes(t *testing.T) {
	banned := []string{"VerifyPeerCertificate", "ClientSessionCache", "SessionTicketKey", "GetConfigForClient", "WrapSession", "UnwrapSession"}
	for folder, p := range goTree(t) {
		for _, f := range p.files {
			if f.isTest() || below(folder, "internal") {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if pair, ok := n.(*ast.KeyValueExpr); ok {
					n = pair.Key
				}
				if s, ok := n.(*ast.SelectorExpr); ok {
					n = s.Sel
				}
				if id, ok := n.(*ast.Ident); ok && slices.Contains(banned, id.Name) {
					t.Errorf("%s sets %s: links are never resumed, and VerifyConnection checks them all", f.path, id.Name)
				}
				return true
			})
		}
	}
}
