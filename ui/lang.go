package ui

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"haggle/assets"
)

// Words are what the program says in one language.
type Words struct {
	Language string // "en" or "zh"
	texts    map[string]string
}

// Languages are the languages spoken, by their codes, and each one's own name.
var Languages = []struct{ Code, Name string }{{"en", "English"}, {"zh", "简体中文"}}

// NewWords reads the words of a language; of English if that one is not spoken.
func NewWords(language string) *Words {
	raw := assets.Translation(language)
	if raw == nil {
		language = "en"
		raw = assets.Translation(language)
	}
	w := &Words{Language: language}
	if err := json.Unmarshal(raw, &w.texts); err != nil {
		w.texts = map[string]string{} // a test reads every file; keys are shown then
	}
	return w
}

// LanguageOf is the language to start in, given a system's locale such as zh_CN.UTF-8 or en-GB.
func LanguageOf(locale string) string {
	if strings.HasPrefix(strings.ToLower(locale), "zh") {
		return "zh"
	}
	return "en"
}

// Say is the text of a key, with args in place of its verbs.
func (w *Words) Say(key string, args ...any) string {
	text, ok := w.texts[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, apart(text, args)...)
}

// stringVerb is the verb of a text, by its number or in turn.
var stringVerb = regexp.MustCompile(`%(\[\d\])?s`)

// apart sets texts in Latin letters apart from the Chinese around them, as is usual; Chinese ones, such as most names, are not.
// The texts around the verbs have no spaces for that.
func apart(text string, args []any) []any {
	set := args
	for n, at := range stringVerb.FindAllStringIndex(text, -1) {
		if at[1]-at[0] > 2 {
			n = int(text[at[0]+2]-'0') - 1
		}
		if n >= len(args) {
			continue
		}
		s, is := args[n].(string)
		if !is || s == "" {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		behind, _ := utf8.DecodeRuneInString(text[at[1]:])
		first, _ := utf8.DecodeRuneInString(s)
		last, _ := utf8.DecodeLastRuneInString(s)
		if unicode.Is(unicode.Han, before) && latin(first) {
			s = " " + s
		}
		if unicode.Is(unicode.Han, behind) && latin(last) {
			s += " "
		}
		if s != args[n] {
			if &set[0] == &args[0] {
				set = slices.Clone(args)
			}
			set[n] = s
		}
	}
	return set
}

func latin(r rune) bool { return r > ' ' && r < utf8.RuneSelf }

// Count is the text for a number of things: of key.one or of key.other, in which %d stands for the number.
func (w *Words) Count(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.Say(key+form, append([]any{n}, args...)...)
}
