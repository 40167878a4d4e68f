//go:build !windows

package main

func enterConsole() {}
func leaveConsole() {}
