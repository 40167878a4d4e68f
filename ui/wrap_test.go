package ui

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWrap(t *testing.T) {
	stage(t)
	f := textFace{size: 15}
	wide := f.width("国") * 6
	for _, c := range []struct {
		name, text string
		lines      int
		want       []string
	}{
		{"short", "短", 0, []string{"短"}},
		{"empty", "", 0, []string{""}},
		{"Chinese breaks anywhere", "一二三四五六七八九", 0, []string{"一二三四五六", "七八九"}},
		{"not before what closes", "一二三四五六。七", 0, []string{"一二三四五", "六。七"}},
		{"not after what opens", "一二三四五（六七", 0, []string{"一二三四五", "（六七"}},
		{"words stay whole", "one two three four", 0, []string{"one two", "three four"}},
		{"own line ends", "一\n\n二", 0, []string{"一", "", "二"}},
		{"cut at the last line", "一二三四五六七八九十一二三四五", 2, []string{"一二三四五六", "七八九十…"}},
		{"cut in the last line's last word", "one two a service", 1, []string{"one two a…"}},
		{"a space before what was cut", "one two a be service", 1, []string{"one two a…"}},
		{"cut where a line ended", "一\n二\n三", 2, []string{"一", "二…"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := wrap(c.text, f, wide, c.lines)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, line := range got {
				if f.width(line) > wide+0.01 {
					t.Errorf("%q is %v wide, more than %v", line, f.width(line), wide)
				}
			}
		})
	}
}

func TestWrapKeepsEverything(t *testing.T) {
	stage(t)
	f := textFace{size: 15}
	for _, text := range []string{
		"https://a-very-long-name.example/without/any/space/at/all/for/three/lines?and=more", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
	} {
		if got := strings.Join(wrap(text, f, 60, 0), ""); got != text {
			t.Errorf("%q became %q", text, got)
		}
		for _, line := range wrap(text, f, 60, 0) {
			if first := []rune(line)[0]; attached(first) {
				t.Errorf("a line begins within a character: %q", line)
			}
		}
	}
}

// TestWrapLongText: what the longest description costs. Fyne's own wrapping takes seconds.
func TestWrapLongText(t *testing.T) {
	stage(t)
	f := textFace{size: 15}
	text := strings.Repeat("出售一辆二手自行车，九成新，非常好骑。", 100)
	wrap(text, f, 400, 0)
	begun := time.Now()
	lines := wrap(text, f, 400, 0)
	if took := time.Since(begun); took > 200*time.Millisecond {
		t.Errorf("1,900 characters took %v", took)
	}
	if len(lines) < 70 {
		t.Errorf("%d lines", len(lines))
	}
}
