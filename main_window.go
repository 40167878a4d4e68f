//go:build !headless

package main

import (
	"fmt"
	"io"
)

// showWindow says that there is none yet.
func showWindow(_ options, messages io.Writer) int {
	_, _ = fmt.Fprintln(messages, "haggle: there is no window yet; start it as: haggle rpc")
	return statusUsage
}
