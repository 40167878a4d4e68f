package window

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Screen is an X server that nobody sees.
type Screen struct {
	Width, Height int
	name          string // as DISPLAY says
	cmd           *exec.Cmd
}

// OpenScreen starts a screen of a size. Close it.
func OpenScreen(width, height int) (*Screen, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.Close() }()
	s := &Screen{Width: width, Height: height}
	s.cmd = exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height))
	s.cmd.ExtraFiles = []*os.File{write}
	err = s.cmd.Start()
	_ = write.Close()
	if err != nil {
		return nil, err
	}
	number, err := bufio.NewReader(read).ReadString('\n') // when it is ready; it would not live without a reader
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the screen does not start: %w", err), s.Close())
	}
	s.name = ":" + strings.TrimSpace(number)
	return s, nil
}

// Close ends the screen.
func (s *Screen) Close() error {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it says that it was killed
	return nil
}

// CPU is the processor time that the screen has used.
func (s *Screen) CPU() (time.Duration, error) { return cpu(s.cmd.Process.Pid) }

// tool runs a command on the screen and returns what it prints.
func (s *Screen) tool(input string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.name)
	cmd.Stdin = strings.NewReader(input)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, complaint.String())
	}
	return out, err
}
