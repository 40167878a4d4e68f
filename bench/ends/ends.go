// Package ends is how the driver talks with the programs it compares Haggle with: a line on standard input is a message to
// send, a line on standard output is one letter for what happened.
//
// The common case: read Messages, and Tell what became of them.
package ends

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
)

// What an end tells, a letter a line.
const (
	Ready     = '!' // followed by what others need to reach it
	Linked    = 'l' // the other end is there
	Accepted  = 'a' // a message of its own is kept, as durably as the system has it
	Received  = 'r' // one of the other end is here, and kept if that is what the system does
	Delivered = 'd' // the sender knows of the newest message that the other end, or the system, keeps it
)

// Tell writes n lines of what in one go.
func Tell(what byte, n int) {
	if n > 0 {
		_, _ = os.Stdout.Write(bytes.Repeat([]byte{what, '\n'}, n)) // a driver that is gone ends this end by its input
	}
}

// TellReady says that the end is up and how it can be reached.
func TellReady(words string) { _, _ = fmt.Printf("%c%s\n", Ready, words) }

// Messages hands on the lines of standard input, as many at a time as are there, until its end.
func Messages(take func([][]byte) error) error {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		var lines [][]byte
		for len(lines) == 0 || in.Buffered() > 0 && len(lines) < 256 {
			line, err := in.ReadBytes('\n')
			if err == io.EOF { //nolint:errorlint // bufio returns it as it is
				return nil
			}
			if err != nil {
				return err
			}
			lines = append(lines, line[:len(line)-1])
		}
		if err := take(lines); err != nil {
			return err
		}
	}
}
