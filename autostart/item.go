package autostart

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ErrImpossible says that the system could not start such a program.
var ErrImpossible = errors.New("autostart: the system cannot start this")

// Item is one program that starts with the system.
type Item struct {
	Name    string // of the file or value: letters, digits, dots and dashes
	Title   string // what the system's settings call it
	Program string // an absolute path
	Args    []string
}

// store is where a system keeps items, each as a text.
type store interface {
	// read returns the text of an item, "" if there is none, and whether the system would start it.
	read(name string) (text string, on bool, err error)
	write(name, text string) error
	// remove removes an item, if there is one.
	remove(name string) error
	// text is that of an item.
	text(i Item) (string, error)
}

// On reports whether the system starts the item.
func (i Item) On() (bool, error) {
	s, err := system()
	if err != nil {
		return false, err
	}
	return i.on(s)
}

// Set has the system start the item from the next log-in on, or not any more.
func (i Item) Set(on bool) error {
	s, err := system()
	if err != nil {
		return err
	}
	return i.set(s, on)
}

// Follow renews an item that is on and starts another program, or the same otherwise.
func (i Item) Follow() error {
	s, err := system()
	if err != nil {
		return err
	}
	return i.follow(s)
}

func (i Item) on(s store) (bool, error) {
	_, on, err := s.read(i.Name)
	return on, err
}

func (i Item) set(s store, on bool) error {
	if !on {
		return s.remove(i.Name)
	}
	text, err := i.text(s)
	if err != nil {
		return err
	}
	return s.write(i.Name, text)
}

func (i Item) follow(s store) error {
	before, on, err := s.read(i.Name)
	if err != nil || !on {
		return err
	}
	text, err := i.text(s)
	if err != nil || text == before {
		return err
	}
	return s.write(i.Name, text)
}

func (i Item) text(s store) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
	if i.Name == "" || strings.Trim(i.Name, letters) != "" {
		return "", fmt.Errorf("%w: its name", ErrImpossible)
	}
	for _, word := range append([]string{i.Title, i.Program}, i.Args...) {
		if strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }) {
			return "", fmt.Errorf("%w: a path with control characters", ErrImpossible)
		}
	}
	if !filepath.IsAbs(i.Program) {
		return "", fmt.Errorf("%w: a path that is not absolute", ErrImpossible)
	}
	return s.text(i)
}
