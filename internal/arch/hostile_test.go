package arch

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hostileCases is how many entries the catalogue of what a hostile peer does has, HP1 and up.
const hostileCases = 66

var (
	caseNumber  = regexp.MustCompile(`HP(\d+)`)
	caseRange   = regexp.MustCompile(`HP(\d+)To(\d+)`)
	catalogued  = regexp.MustCompile(`(?m)^\| HP(\d+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$`)
	testInTable = regexp.MustCompile("`(Test\\w+)`")
)

// TestHostileCatalogue: each entry of docs/hostile.md has tests, by their names, and each test that is named there exists. None
// can vanish.
func TestHostileCatalogue(t *testing.T) {
	tests := map[string]bool{}
	covered := map[int]bool{}
	for _, p := range goTree(t) {
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !f.isTest() || !strings.HasPrefix(fn.Name.Name, "Test") {
					continue
				}
				tests[fn.Name.Name] = true
				for _, m := range caseNumber.FindAllStringSubmatch(fn.Name.Name, -1) {
					n, _ := strconv.Atoi(m[1])
					covered[n] = true
				}
				if m := caseRange.FindStringSubmatch(fn.Name.Name); m != nil && m[1] >= m[2] {
					t.Errorf("%s counts backwards", fn.Name.Name)
				}
			}
		}
	}
	listed := map[int]bool{}
	for _, m := range catalogued.FindAllStringSubmatch(read(t, "docs/hostile.md"), -1) {
		n, _ := strconv.Atoi(m[1])
		if listed[n] {
			t.Errorf("HP%d is listed twice", n)
		}
		listed[n] = true
		named := testInTable.FindAllStringSubmatch(m[2], -1)
		own := false
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("HP%d names %s, which does not exist", n, name[1])
			}
			for _, number := range caseNumber.FindAllStringSubmatch(name[1], -1) {
				own = own || number[1] == m[1]
			}
		}
		if !own {
			t.Errorf("HP%d names no test that has its number", n)
		}
	}
	for n := 1; n <= hostileCases; n++ {
		if !listed[n] || !covered[n] {
			t.Errorf("HP%d: listed %v, tested %v", n, listed[n], covered[n])
		}
	}
	if len(listed) != hostileCases {
		t.Errorf("%d entries, want %d", len(listed), hostileCases)
	}
}

// limitRow is a row of SECURITY.md's table of limits: what, how much, and the constant that says so in the code.
var limitRow = regexp.MustCompile("(?m)^\\| [^|]+ \\| ([^|]+) \\| `(\\S+)\\.(\\w+)` \\|$")

// TestLimitsAreAsDocumented compares SECURITY.md's numbers with the constants.
func TestLimitsAreAsDocumented(t *testing.T) {
	rows := limitRow.FindAllStringSubmatch(read(t, "SECURITY.md"), -1)
	if len(rows) < 20 {
		t.Fatalf("found only %d limits in SECURITY.md", len(rows))
	}
	tree := goTree(t)
	for _, row := range rows {
		said, folder, name := strings.TrimSpace(row[1]), row[2], row[3]
		p := tree[folder]
		if p == nil {
			t.Errorf("%s.%s: there is no such package", folder, name)
			continue
		}
		is, ok := p.number(name)
		if want, err := amount(said); !ok || err != nil || is != want {
			t.Errorf("SECURITY.md says that %s.%s is %s; it is %d (found %v, %v)", folder, name, said, is, ok, err)
		}
	}
}

// number is the value of a constant of the package that is written in numbers alone; of a duration, its seconds.
func (p *pkg) number(name string) (int64, bool) {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST || f.isTest() {
				continue
			}
			for _, s := range g.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok {
					continue
				}
				if i := slices.IndexFunc(v.Names, func(id *ast.Ident) bool { return id.Name == name }); i >= 0 && i < len(v.Values) {
					return evaluate(v.Values[i])
				}
			}
		}
	}
	return 0, false
}

var seconds = strings.NewReplacer("time.Second", "1", "time.Minute", "60", "time.Hour", "3600")

func evaluate(e ast.Expr) (int64, bool) {
	result, err := types.Eval(token.NewFileSet(), nil, token.NoPos, seconds.Replace(types.ExprString(e)))
	if err != nil || result.Value == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(result.Value))
}

// amount reads 50, 1,024, 64 KiB, 1 MiB, 3 s.
func amount(s string) (int64, error) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(strings.ReplaceAll(number, ",", ""), 10, 64)
	if err != nil {
		return 0, err
	}
	factor, ok := map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "s": 1}[unit]
	if !ok {
		return 0, fmt.Errorf("unit %q", unit)
	}
	return n * factor, nil
}
