// Package window drives the real program with its window, for tests, for make demo and for make screenshots.
//
// The common case: Build makes the program, Fill makes two profiles with sample goods and a conversation, OpenScreen gives a
// screen that nobody sees, and Start runs the program on it as a person would: keys, clicks, text and pictures of what is
// shown. Only tests and the two commands import it.
//
// What the package guarantees: everything is ours, the pictures are drawn by Drawing; nothing outside the folders that the
// caller names is read or written; what was started has ended when Close and Stop return.
package window

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// Tools are the commands of the system that screens need: all but the compiler's.
var Tools = []string{"Xvfb", "xdotool", "import", "xclip"}

// Missing is the first of the tools that is not installed, "" if they all are.
func Missing(tools ...string) string {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

// Build makes the program with its window. It needs a C compiler and the headers that "make setup" installs.
func Build(path string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", path, "haggle")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("build the window: %w", err), errors.New(string(out)))
	}
	return nil
}
