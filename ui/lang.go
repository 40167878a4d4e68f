package ui

import (
	"encoding/json"
	"fmt"
	"strings"

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
	return fmt.Sprintf(text, args...)
}

// Count is the text for a number of things: of key.one or of key.other, in which %d stands for the number.
func (w *Words) Count(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.Say(key+form, append([]any{n}, args...)...)
}
