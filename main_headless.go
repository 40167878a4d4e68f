//go:build headless

package main

import (
	"fmt"
	"io"
)

// showWindow says that there is none.
func showWindow(_ options, messages io.Writer) int {
	_, _ = fmt.Fprintln(messages, "haggle: this build has no window; start it as: haggle rpc")
	return statusUsage
}
