package main

import (
	"fmt"
	"runtime"
	"strings"
)

// version of the program, as others see it. What the packages say of it is compared with this by internal/packages.
const version = "0.1.0"

// What the program was built of. scripts/ldflags has the linker set both; a plain go build does not.
var (
	builtOf string // a commit, with a + if there were changes that are not in it
	builtOn string // the day of the commit and not of the build: the same sources make the same program
)

// build says what the program was built of, for people; "" if nobody knows.
func build() string { return strings.Trim(builtOf+", "+builtOn, ", ") }

// versionLine is what haggle version says.
func versionLine() string {
	what := fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if known := build(); known != "" {
		what = known + ", " + what
	}
	return fmt.Sprintf("haggle %s (%s)", version, what)
}
