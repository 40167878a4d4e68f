package kiosk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Settings are what an owner chooses in the settings file; docs/kiosk.md has the table. The zero value is not what holds
// without a file: Load is.
type Settings struct {
	Name       string        // what others see the kiosk as; "" leaves the profile's name as it is
	PIN        string        // a hash that Hash made, or the digits themselves; "" keeps the owner's page closed
	Language   string        // "en" or "zh"; "" is the system's
	Look       string        // "light" or "dark"
	TextSize   float32       // 1 is 100 %
	Idle       time.Duration // without any touch until the guest is asked
	Warning    time.Duration // to answer in
	Slideshow  bool          // shows goods while nobody is there
	Slide      time.Duration // for each
	Categories []string      // the only ones shown; all if empty
	// Wrong says what in the file was not taken, and why, in English: for the owner's page and the log.
	Wrong []string
}

// maxFile bounds the settings file.
const maxFile = 64 << 10

// defaults are what holds where the file says nothing, or nothing of use.
func defaults() Settings {
	return Settings{Look: "light", TextSize: 1, Idle: time.Minute, Warning: 15 * time.Second, Slideshow: true, Slide: 8 * time.Second}
}

// Load reads the settings from a file. A file that is missing gives the defaults, and is wrong only if it was asked for by
// name: wanted. What cannot be used is left at its default and named in Wrong.
func Load(path string, wanted bool) Settings {
	s := defaults()
	raw, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !wanted:
		return s
	case err != nil:
		s.Wrong = []string{fmt.Sprintf("the settings file cannot be read: %v", err)}
		return s
	}
	s.take(raw)
	return s
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, maxFile)
	}
	return os.ReadFile(path)
}

// take takes each setting that can be used.
func (s *Settings) take(raw []byte) {
	var file map[string]any
	if _, err := toml.Decode(strings.TrimPrefix(string(raw), "\ufeff"), &file); err != nil { // some editors begin a file so
		s.Wrong = []string{fmt.Sprintf("the settings file is not TOML, so nothing of it holds: %v", err)}
		return
	}
	keys := []struct {
		name string
		want string
		take func(any) bool
	}{
		{"name", "a name of at most 32 characters", words(&s.Name, 32)},
		{"pin", "4 to 12 digits in quotes, or what haggle kiosk-pin prints", func(v any) bool {
			pin, ok := v.(string)
			if ok = ok && (isHash(pin) || isPIN(pin)); ok {
				s.PIN = pin
			}
			return ok
		}},
		{"language", `"en" or "zh"`, oneOf(&s.Language, "en", "zh")},
		{"look", `"light" or "dark"`, oneOf(&s.Look, "light", "dark")},
		{"text_size", "a number from 0.8 to 2", func(v any) bool {
			size, ok := number(v)
			if ok = ok && size >= 0.8 && size <= 2; ok {
				s.TextSize = float32(size)
			}
			return ok
		}},
		{"idle_seconds", "10 to 3600", seconds(&s.Idle, 10, 3600)},
		{"warning_seconds", "5 to 120", seconds(&s.Warning, 5, 120)},
		{"slideshow", "true or false", func(v any) bool {
			on, ok := v.(bool)
			if ok {
				s.Slideshow = on
			}
			return ok
		}},
		{"slide_seconds", "3 to 600", seconds(&s.Slide, 3, 600)},
		{"categories", "a list of categories in quotes", func(v any) bool {
			list, ok := v.([]any)
			var names []string
			for _, one := range list {
				name := ""
				ok = ok && words(&name, 32)(one)
				names = append(names, name)
			}
			if ok {
				s.Categories = names
			}
			return ok
		}},
	}
	for _, k := range keys {
		if v, ok := file[k.name]; ok && !k.take(v) {
			s.Wrong = append(s.Wrong, fmt.Sprintf("%s is not taken: want %s", k.name, k.want))
		}
		delete(file, k.name)
	}
	var unknown []string
	for name := range file {
		unknown = append(unknown, fmt.Sprintf("%.40q is no setting", name))
	}
	slices.Sort(unknown)
	s.Wrong = append(s.Wrong, unknown...)
	if isPIN(s.PIN) {
		s.Wrong = append(s.Wrong, "the PIN stands in the file for all to read: put what haggle kiosk-pin prints in its place")
	}
}

func words(to *string, most int) func(any) bool {
	return func(v any) bool {
		word, ok := v.(string)
		word = strings.TrimSpace(word)
		if ok = ok && word != "" && utf8.RuneCountInString(word) <= most; ok {
			*to = word
		}
		return ok
	}
}

func oneOf(to *string, these ...string) func(any) bool {
	return func(v any) bool {
		word, ok := v.(string)
		if ok = ok && slices.Contains(these, word); ok {
			*to = word
		}
		return ok
	}
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	default:
		return 0, false
	}
}

func seconds(to *time.Duration, least, most float64) func(any) bool {
	return func(v any) bool {
		n, ok := number(v)
		if ok = ok && n >= least && n <= most; ok {
			*to = time.Duration(n * float64(time.Second))
		}
		return ok
	}
}
