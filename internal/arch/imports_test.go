package arch

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rule says what a package may import. Only direct imports count: what they import has a rule of its own.
type rule struct {
	haggle  []string // packages of this module, by folder
	modules []string // modules of others
	not     []string // parts of the standard library it must do without, each with what lies below it
	testing bool     // code for tests only: it may import package testing, and only tests may link it
}

// pure is what a package that computes and nothing else does without.
var pure = []string{"net", "os", "io/fs", "log", "database", "syscall"}

const (
	badger    = "github.com/dgraph-io/badger/v4"
	fyne      = "fyne.io/fyne/v2"
	systray   = "fyne.io/systray"
	ristretto = "github.com/dgraph-io/ristretto/v2"
	dbus      = "github.com/godbus/dbus/v5"
	mdns      = "github.com/hashicorp/mdns"
	dns       = "github.com/miekg/dns"
	uniseg    = "github.com/rivo/uniseg"
	protobuf  = "google.golang.org/protobuf"
	ximage    = "golang.org/x/image"
	xnet      = "golang.org/x/net"
	xsys      = "golang.org/x/sys"
	xtext     = "golang.org/x/text"
	xtime     = "golang.org/x/time"
	xgb       = "github.com/jezek/xgb"
	keyring   = "github.com/zalando/go-keyring"
	age       = "filippo.io/age"
	xcrypto   = "golang.org/x/crypto"
	toml      = "github.com/BurntSushi/toml"
	qr        = "rsc.io/qr"
)

// rules is the import rule, one line for each package of the repository:
//
//	chat <- {storage, memory, peer, doctor, ui, rpc}   text <- {storage, memory, doctor, ui, rpc}   doctor <- {ui, rpc}   assets <- ui   main -> all
//
// storage, memory, peer, ui and rpc never import one another.
var rules = map[string]rule{
	"chat":            {not: pure},
	"memory":          {haggle: []string{"chat", "text"}, not: pure},
	"take":            {haggle: []string{"chat"}, not: pure},
	"text":            {not: pure, modules: []string{uniseg, xtext}},
	"picture":         {not: pure, modules: []string{ximage}},
	"clipboard":       {modules: []string{xgb}},
	"autostart":       {modules: []string{xsys}, not: []string{"net", "log", "database"}},
	"logbook":         {not: []string{"net", "log", "database"}},
	"storage/journal": {modules: []string{xsys}},
	"storage/seal":    {modules: []string{xcrypto, xtext}, not: pure},
	"storage":         {haggle: []string{"chat", "text", "storage/journal", "storage/seal"}, modules: []string{badger, ristretto, xsys}},
	"vault":           {haggle: []string{"storage/seal"}, modules: []string{keyring}},
	"backup":          {modules: []string{age, xtext}, not: pure},
	"peer/wire":       {haggle: []string{"chat"}, modules: []string{protobuf}, not: pure},
	"peer/discovery":  {haggle: []string{"chat"}, modules: []string{mdns, dns, xnet, xsys, xtime}},
	"peer":            {haggle: []string{"chat", "peer/wire", "peer/discovery"}, modules: []string{protobuf, xsys, xtime}},
	"doctor":          {haggle: []string{"chat", "text"}, not: pure},
	"rpc":             {haggle: []string{"chat", "text", "doctor"}},
	"kiosk":           {modules: []string{toml, xcrypto}},
	"assets":          {not: []string{"net", "os", "log", "database", "syscall"}},
	"ui":              {haggle: []string{"chat", "text", "doctor", "assets"}, modules: []string{fyne, uniseg, qr}},
	".":               {haggle: []string{"chat", "memory", "take", "text", "storage", "peer", "peer/discovery", "rpc", "picture", "clipboard", "autostart", "logbook", "assets", "ui", "kiosk", "storage/seal", "vault", "backup"}, modules: []string{xsys, fyne, systray, dbus, xgb}},

	"chat/storetest":   {haggle: []string{"chat", "memory", "text"}, testing: true},
	"internal/lan":     {haggle: []string{"chat", "peer", "peer/wire", "peer/discovery"}, testing: true},
	"internal/sim":     {haggle: []string{"chat", "chat/storetest", "memory", "text", "storage", "peer", "peer/wire", "rpc", "internal/lan"}, testing: true},
	"internal/lanrig":  {modules: []string{xsys}, testing: true},
	"internal/e2e":     {haggle: []string{"chat", "text", "rpc", "peer", "peer/wire", "peer/discovery", "internal/lanrig", "internal/rogue"}, modules: []string{xsys}, testing: true},
	"internal/rogue":   {haggle: []string{"chat", "text", "storage", "peer", "peer/wire"}, testing: true},
	"internal/crowd":   {haggle: []string{"chat", "text", "storage", "peer", "picture", "ui", "internal/lan"}, modules: []string{fyne}, testing: true},
	"internal/window":  {haggle: []string{"internal/crowd", "internal/lanrig"}, modules: []string{xgb, dbus, xsys}, testing: true},
	"internal/demo":    {haggle: []string{"internal/window"}, testing: true},
	"internal/screens": {haggle: []string{"internal/window"}, testing: true},
	"internal/gotest":  {testing: true},
	"internal/mutants": {testing: true},
	"internal/soak":    {haggle: []string{"chat", "peer", "peer/discovery", "picture", "storage"}, testing: true},
	"internal/pair":    {haggle: []string{"chat", "peer", "rpc", "storage", "text", "internal/crowd"}, testing: true},
	"internal/arch":    {testing: true},

	"internal/packages": {haggle: []string{"internal/window"}, testing: true},
}

// inTests is what the tests of every package may import besides.
var inTests = []string{"chat", "chat/storetest", "internal/lan", "internal/lanrig"}

// breaks says what is wrong with importing imported in the folder's package, or "".
func (r rule) breaks(folder, imported string, test bool) string {
	if first, _, _ := strings.Cut(imported, "/"); first == "haggle" {
		of := strings.TrimPrefix(strings.TrimPrefix(imported, "haggle"), "/")
		if slices.Contains(r.haggle, of) || test && (of == folder || slices.Contains(inTests, of)) {
			return ""
		}
		return "is not on its list in rules"
	} else if strings.Contains(first, ".") {
		if below(imported, fyne+"/app") && folder != "." {
			return "opens windows, which is for main alone"
		}
		for _, module := range r.modules {
			if below(imported, module) {
				return ""
			}
		}
		return "is of a module that is not on its list in rules"
	}
	if test {
		return ""
	}
	if imported == "testing" || below(imported, "testing") {
		if !r.testing {
			return "is for tests"
		}
		return ""
	}
	for _, banned := range r.not {
		if below(imported, banned) && imported != "log/slog" {
			return "is what this package does without"
		}
	}
	return ""
}

// below reports whether name is parent or lies in it.
func below(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

func TestImportRule(t *testing.T) {
	for folder, p := range goTree(t) {
		r, listed := rules[folder]
		if !listed {
			t.Errorf("package %s has no line in rules: add one that says what it may import", folder)
			continue
		}
		for _, f := range p.files {
			for _, imported := range f.imports() {
				if wrong := r.breaks(folder, imported, f.isTest()); wrong != "" {
					t.Errorf("%s imports %s, which %s", f.path, imported, wrong)
				}
			}
		}
	}
}

func TestImportRuleNamesOnlyPackagesThatExist(t *testing.T) {
	tree := goTree(t)
	for _, folder := range slices.Sorted(maps.Keys(rules)) {
		if tree[folder] == nil {
			t.Errorf("rules has a line for %s, but the package is gone", folder)
		}
		for _, other := range rules[folder].haggle {
			if _, ok := rules[other]; !ok {
				t.Errorf("rules lets %s import %s, which has no line of its own", folder, other)
			}
		}
	}
}

// TestSeparation states apart from the table what no change of the table may bring.
func TestSeparation(t *testing.T) {
	ends := []string{"storage", "memory", "peer", "ui", "rpc"}
	for folder, r := range rules {
		if below(folder, "internal") || folder == "." {
			continue
		}
		for _, other := range r.haggle {
			if below(folder, "chat") && !below(other, "chat") && folder != "chat/storetest" {
				t.Errorf("rules lets %s import %s; chat imports nothing of ours", folder, other)
			}
			for _, a := range ends {
				for _, b := range ends {
					if a != b && below(folder, a) && below(other, b) {
						t.Errorf("rules lets %s import %s; %s never import one another", folder, other, ends)
					}
				}
			}
		}
	}
}

// TestHeadlessProgram looks at what is linked into the program without a window: no toolkit, and nothing made for tests.
func TestHeadlessProgram(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags", "headless", ".")
	cmd.Dir = root
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "haggle/chat") {
		t.Error("the program does not link package chat")
	}
	for _, dep := range deps {
		folder, ours := strings.CutPrefix(dep, "haggle/")
		if strings.HasPrefix(dep, "fyne.io/") || dep == "haggle/clipboard" || dep == "haggle/autostart" || below(dep, xgb) {
			t.Errorf("the headless program links %s", dep)
		}
		if ours && rules[folder].testing {
			t.Errorf("the program links %s, which is for tests", dep)
		}
	}
}

func TestRuleBreaks(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		test, ok         bool
	}{
		{"chat", "log/slog", false, true},
		{"chat", "log", false, false},
		{"chat", "net/netip", false, false},
		{"chat", "os", true, true},
		{"chat", "testing", false, false},
		{"chat", "haggle/text", false, false},
		{"chat", "haggle/chat/storetest", true, true},
		{"chat", uniseg, false, false},
		{"chat/storetest", "testing", false, true},
		{"chat/storetest", "haggle/text", false, true},
		{"text", "golang.org/x/text/unicode/norm", false, true},
		{"text", "golang.org/x/textile", false, false},
		{"storage", "haggle/peer", false, false},
		{"storage", "haggle/peer", true, false},
		{"storage", "haggle/storage/journal", false, true},
		{"storage", badger + "/options", false, true},
		{"peer", badger, false, false},
		{"rpc", "haggle/storage", true, false},
		{"ui", "haggle/picture", false, false},
		{"ui", fyne + "/widget", false, true},
		{"rpc", fyne, false, false},
		{"ui", fyne + "/app", true, false},
		{".", fyne + "/app", false, true},
		{"rpc", "haggle/internal/lan", true, true},
		{"rpc", "haggle/internal/lan", false, false},
	} {
		wrong := rules[c.folder].breaks(c.folder, c.imported, c.test)
		if (wrong == "") != c.ok {
			t.Errorf("%s imports %s (test %v): %q, want allowed = %v", c.folder, c.imported, c.test, wrong, c.ok)
		}
	}
}
