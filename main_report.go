package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"time"

	"haggle/logbook"
)

// logDir is the folder of the profile in which the program notes what happens to it.
const logDir = "log"

// writeReport writes a report for whoever helps. network is what the network doctor found, if it was asked.
func writeReport(w io.Writer, dir string, network []string) error {
	return logbook.Write(w, filepath.Join(dir, logDir), logbook.Facts{
		Program: []string{
			versionLine(),
			"system: " + systemVersion(),
			fmt.Sprintf("processors: %d", runtime.NumCPU()),
		},
		Network: network,
		Private: private(dir),
	}, time.Now())
}

// private are words of this machine that tell whose it is.
func private(dir string) []string {
	words := []string{dir}
	if home, err := os.UserHomeDir(); err == nil {
		words = append(words, home)
	}
	if owner, err := user.Current(); err == nil {
		words = append(words, owner.Name, owner.Username)
	}
	if host, err := os.Hostname(); err == nil {
		words = append(words, host)
	}
	return words
}

// saveReport is haggle report: it returns the exit status. The profile may be open in a window.
func saveReport(o options, messages io.Writer) int {
	dir, err := profileDir(o.data)
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err == nil {
		err = saveReportAs(o.rest[0], dir)
	}
	if err != nil {
		_, _ = fmt.Fprintf(messages, "haggle: the report was not saved: %v\n", err)
		return statusFailed
	}
	return statusDone
}

// saveReportAs overwrites nothing.
func saveReportAs(path, dir string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(writeReport(f, dir, nil), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
