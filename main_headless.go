//go:build headless

package main

import (
	"fmt"
	"io"
)

// hasWindow tells that this build has none.
const hasWindow = false

// showWindow says that there is none.
func showWindow(_ options, messages io.Writer) int {
	_, _ = fmt.Fprintln(messages, "haggle: this build has no window; start it as: haggle rpc")
	return statusUsage
}

// showKioskWindow says so, too.
func showKioskWindow(o options, _ io.Reader, _, messages io.Writer) int {
	return showWindow(o, messages)
}
