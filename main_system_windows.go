package main

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// systemVersion is which system this is, as far as that tells of a fault.
func systemVersion() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}
