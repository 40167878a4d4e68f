//go:build !headless && !linux

package main

import "runtime"

// openDesktop is that of a system whose desktop is always the same.
func openDesktop() systemDesktop { return fixedDesktop{} }

type fixedDesktop struct{}

func (fixedDesktop) look() bool           { return true }
func (fixedDesktop) hasTrayNow() bool     { return runtime.GOOS == "windows" || runtime.GOOS == "darwin" }
func (fixedDesktop) watchTray(func(bool)) {}
func (fixedDesktop) Close() error         { return nil }
