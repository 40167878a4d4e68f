package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// A program with a window is given no console on Windows, or a black box would open beside the window. Pipes and files it is
// given all the same. So whoever types haggle version in a console sees the answer only if the program goes and takes
// that console; cmd does not wait for it, which start /b /wait haggle makes it do.
var (
	kernel        = windows.NewLazySystemDLL("kernel32.dll")
	attachConsole = kernel.NewProc("AttachConsole")
	freeConsole   = kernel.NewProc("FreeConsole")
)

const ofParent = ^uintptr(0) // ATTACH_PARENT_PROCESS

// enterConsole takes the console of whoever started the program, for what was not given a pipe or a file.
func enterConsole() {
	if given(windows.STD_INPUT_HANDLE) && given(windows.STD_OUTPUT_HANDLE) && given(windows.STD_ERROR_HANDLE) {
		return
	}
	_, _, _ = attachConsole.Call(ofParent) // it fails where there is none, as after a click, and in Wine, which has done it
	take := func(f **os.File, stream uint32, name string) {
		if given(stream) {
			return
		}
		if console, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
			*f = console
		}
	}
	take(&os.Stdin, windows.STD_INPUT_HANDLE, "CONIN$")
	take(&os.Stdout, windows.STD_OUTPUT_HANDLE, "CONOUT$")
	take(&os.Stderr, windows.STD_ERROR_HANDLE, "CONOUT$")
}

// leaveConsole gives the console back before a window opens: closing the console would end the program, too.
func leaveConsole() {
	_, _, _ = freeConsole.Call() // it fails where there is none
}

// given reports whether a standard stream leads somewhere.
func given(stream uint32) bool {
	handle, err := windows.GetStdHandle(stream)
	if err != nil {
		return false
	}
	_, err = windows.GetFileType(handle)
	return err == nil
}
