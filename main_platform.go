//go:build !headless

package main

import (
	"runtime"
	"strings"
)

// choosePlatform makes the toolkit use X11 on a Linux where somebody types with an input method: on Wayland it could not
// take what is composed. Whoever set FYNE_PLATFORM has decided.
func choosePlatform(get func(string) string, set func(name, value string) error) {
	if runtime.GOOS != "linux" || get("FYNE_PLATFORM") != "" || get("DISPLAY") == "" {
		return
	}
	composes := get("XMODIFIERS") != "" || get("GTK_IM_MODULE") != "" || get("QT_IM_MODULE") != ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		for _, language := range []string{"zh", "ja", "ko"} {
			composes = composes || strings.HasPrefix(strings.ToLower(get(name)), language)
		}
	}
	if composes {
		_ = set("FYNE_PLATFORM", "x11") // a name without an equals sign: it cannot fail
	}
}
