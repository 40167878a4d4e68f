package main

// hasDisplay reports whether there is something to open a window on, as far as the environment says it.
func hasDisplay(system string, env func(string) string) bool {
	return system == "windows" || system == "darwin" || env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != ""
}
