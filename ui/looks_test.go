package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/doctor"
)

// lengthened is English as if it were a language that needs 40 % more room. What comes from it stands in braces, which nothing
// else has.
func lengthened(string) *Words {
	w := NewWords("en")
	for key, text := range w.texts {
		more := strings.Repeat("xyl ", 1+utf8.RuneCountInString(text)/8)
		w.texts[key] = "{" + text + " " + strings.TrimSpace(more[:1+utf8.RuneCountInString(text)*4/10]) + "}"
	}
	return w
}

// notOurs is what stands on the screen in every language: what people wrote, names of keys, currencies and languages, IDs, numbers.
var notOurs = regexp.MustCompile(strings.Join([]string{
	tourThing, tourLong, tourOwn, tourStory, `Seldom|seen|\bse?e?\b`, "Wang", `\bMe\b`, "half a thought", "x{9,}", `\b\w\.png`, `haggle:\S+`, `([A-Z2-7]{4,7}-?)+`, "Haggle",
	"English", "简体中文", `(Ctrl|Shift)\+\w+|Ctrl|Tab|Space|Enter|Esc|F1`, `\b[A-Z]{3}\b`, `\S*/\S*`,
}, "|"))

// strange is what of a text is neither from the translations nor written by somebody: nothing if all is well.
func strange(words string) string {
	depth := 0
	rest := strings.Map(func(r rune) rune {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case depth == 0:
			return r
		}
		return -1
	}, words)
	rest = notOurs.ReplaceAllString(rest, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, rest)
}

// TestEveryWordIsTranslatedAndFits walks all screens in a language with longer words: what is not in braces is not translated,
// and nothing of ours is cut, leaves what it is on, or covers another text.
func TestEveryWordIsTranslatedAndFits(t *testing.T) {
	play(t, func(w *world) {
		w.app.speak = lengthened
		code := chat.SafetyCodeOf(w.me.identity.ID, w.wang.identity.ID).English
		theirs := func(words string) bool { return words == testBuild || w.doctors(words) || slices.Contains(code, words) } // translated elsewhere
		complained := map[string]bool{}
		complain := func(screen, what string, text seenText) {
			key := what + text.words
			if !complained[key] {
				complained[key] = true
				t.Errorf("%s: %s: %q at %.0f in %.0f (%s)", screen, what, text.words, text.at, text.room, text.where)
			}
		}
		w.tour(func(screen string) {
			s := look(t, w.win)
			for _, text := range s.texts {
				if rest := strange(s.whole(text)); rest != "" && !text.name && !theirs(text.words) {
					complain(screen, "not translated ("+rest+")", text)
				}
				ours := !notOurs.MatchString(s.whole(text)) && !text.name && !theirs(text.words)
				if text.cut && ours {
					complain(screen, "cut", text)
				}
				if !text.room.has(text.at) {
					complain(screen, "leaves what it is on", text)
				}
			}
			for i, a := range s.texts {
				for _, b := range s.texts[:i] {
					common := a.seen.and(b.seen)
					if common.right-common.left > 2 && common.bottom-common.top > 4 && a.layer == b.layer {
						complain(screen, "covers "+b.words, a)
					}
				}
			}
		})
	})
}

// TestEverythingIsReadable walks all screens, light and dark: every text has a contrast of at least 4.5 and letters of at least 12
// pixels, whatever can be tapped has sides of at least 40, and whatever can have the focus shows it by an edge that is told from
// what is beside it.
func TestEverythingIsReadable(t *testing.T) {
	for name, l := range map[string]Look{"light": LookLight, "dark": LookDark} {
		t.Run(name, func(t *testing.T) {
			play(t, func(w *world) {
				w.screen.Settings().SetTheme(&Theme{Look: l})
				r := reader{t, map[string]bool{}, map[string]bool{}}
				w.tour(func(screen string) {
					s := look(t, w.win)
					r.read(screen, s)
					r.focus(screen, s)
				})
				if len(r.focused) < 20 {
					t.Errorf("the focus was tried only on %s", slices.Sorted(maps.Keys(r.focused)))
				}
			})
		})
	}
}

// TestNoLiteralIsShown reads the source: no words are given to what shows them but through the translations.
func TestNoLiteralIsShown(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	words := regexp.MustCompile(`\p{Lu}|\p{Han}|\pL \pL`)
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !shows(call.Fun) {
				return true
			}
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && s != "Haggle" && words.MatchString(s) && !keyForm.MatchString(s) {
					t.Errorf("%s: %s is not translated", fset.Position(lit.Pos()), lit.Value)
				}
			}
			return true
		})
	}
}

// shows reports whether a function makes something that shows words, or gives it other ones.
func shows(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.Ident:
		return strings.HasPrefix(f.Name, "new")
	case *ast.SelectorExpr:
		return slices.Contains([]string{"set", "say", "tell", "toast", "complain", "wait", "NewText", "SetText", "SetPlaceHolder"}, f.Sel.Name)
	default:
		return false
	}
}

// doctors reports whether a text is one of package doctor, which has translations of its own.
func (w *world) doctors(words string) bool {
	page, ok := w.app.spots[placeSettings].detail.(*doctorPage)
	return ok && slices.ContainsFunc(page.checks, func(c doctor.Check) bool { return c.Detail == words || c.Advice == words })
}

// reader reads screens, and complains once of each thing.
type reader struct {
	*testing.T
	complained, focused map[string]bool
}

func (r *reader) complain(of, format string, args ...any) {
	r.Helper()
	if !r.complained[of] {
		r.complained[of] = true
		r.Errorf(format, args...)
	}
}

func (r *reader) read(screen string, s *seen) {
	r.Helper()
	for _, text := range s.texts {
		if text.size < leastText {
			r.complain(text.words, "%s: %q has letters of %v", screen, text.words, text.size)
		}
		if text.on == nil { // a photo
			continue
		}
		if got := contrast(blended(text.on, text.ink), text.on); got < 4.5 {
			r.complain(text.words, "%s: %q has a contrast of %.2f: %v on %v (%s)", screen, text.words, got, text.ink, text.on, text.where)
		}
	}
	for _, thing := range s.things {
		if size := thing.widget.Size(); size.Width < touch || size.Height < touch {
			r.complain(thing.where, "%s: %T is %v, too small to hit (%s)", screen, thing.widget, size, thing.where)
		}
	}
}

// focus gives each kind of thing the focus, once.
func (r *reader) focus(screen string, s *seen) {
	r.Helper()
	for _, thing := range s.things {
		f, ok := thing.widget.(fyne.Focusable)
		widget, isWidget := thing.widget.(fyne.Widget)
		if !ok || !isWidget || r.focused[thing.where] || ownFocus(thing.widget) {
			continue
		}
		r.focused[thing.where] = true
		f.FocusLost()
		before := edgesOf(widget)
		f.FocusGained()
		if after := edgesOf(widget); !ringed(before, after, thing) {
			r.Errorf("%s: the focus on %s is not seen", screen, thing.where)
		}
		f.FocusLost()
	}
}

// ownFocus are those that show their focus otherwise: the thread on the message that was chosen, the viewer has all the window,
// menus on the item.
func ownFocus(o fyne.CanvasObject) bool {
	switch o.(type) {
	case *thread, *viewer, *menu:
		return true
	default:
		return false
	}
}

// edgesOf counts the visible rectangles of a widget itself that have an edge.
func edgesOf(w fyne.Widget) map[canvas.Rectangle]int {
	edges := map[canvas.Rectangle]int{}
	for _, o := range test.WidgetRenderer(w).Objects() {
		if r, ok := o.(*canvas.Rectangle); ok && r.Visible() && r.StrokeWidth >= ringWidth {
			edges[canvas.Rectangle{StrokeColor: r.StrokeColor, StrokeWidth: r.StrokeWidth, FillColor: r.FillColor}]++
		}
	}
	return edges
}

// ringed reports whether an edge has come that has a contrast of at least 3 with what is beside it.
func ringed(before, after map[canvas.Rectangle]int, thing seenThing) bool {
	for edge, n := range after {
		if n <= before[edge] || nothing(edge.StrokeColor) {
			continue
		}
		beside := thing.on
		if own := fillOf(thing.widget); own != nil {
			beside = own
		}
		if beside == nil || contrast(edge.StrokeColor, beside) >= 3 {
			return true
		}
	}
	return false
}

// TestKeysFit: the list of keys and the button below it are seen in the smallest window that a release is looked at in.
func TestKeysFit(t *testing.T) {
	play(t, func(w *world) {
		w.win.Resize(fyne.NewSize(1024, 600))
		w.app.showKeys()
		w.settle()
		if !slices.ContainsFunc(look(t, w.win).texts, func(t seenText) bool { return t.words == "Close" && t.seen == t.at }) {
			t.Error("the button is scrolled away")
		}
	})
}
