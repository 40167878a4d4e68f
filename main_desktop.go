//go:build !headless

package main

// systemDesktop is what the program asks of the desktop it runs on, beside the toolkit.
type systemDesktop interface {
	// look reports whether the desktop says whether it prefers light or dark.
	look() bool
	// hasTrayNow reports whether there is a place beside the clock for programs. From any goroutine.
	hasTrayNow() bool
	// watchTray calls changed, on any goroutine, each time that place goes away or comes back.
	watchTray(changed func(there bool))
	Close() error
}

// chooseLook makes a desktop that says nothing count as light: the toolkit would take it for dark, and complain that there is
// nothing to watch. Whoever set FYNE_THEME has decided.
func chooseLook(d systemDesktop, get func(string) string, set func(name, value string) error) {
	if get("FYNE_THEME") == "" && !d.look() {
		_ = set("FYNE_THEME", "light") // a name without an equals sign: it cannot fail
	}
}
