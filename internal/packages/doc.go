// Package packages tests what people install: that the packages say the same of the program, that the static program comes
// out the same whoever builds it, and, as root and with HAGGLE_SOAK=1, that the packages install, run and go again.
//
// The common case is make package-check: it makes the packages and lets these tests install them on a fresh Debian and in
// Wine, with the program's window on a screen that nobody sees. Pictures of what they saw are in build/packages-seen.
//
// What the package guarantees: nothing is installed on this machine. A Debian is a folder, Wine's drive is one, and both are
// gone in the end.
package packages
