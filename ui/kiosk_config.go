package ui

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

// KioskConfig is all that the window of a machine in a hall needs of the world. Hall, Feed, Guest, Window, Do and Owner are
// required; what is named as in Config means the same.
type KioskConfig struct {
	// Hall is the kiosk's own node, which shows what is on offer while nobody is here, and Feed brings what it tells.
	Hall Node
	Feed *Feed
	// Guest makes somebody of whoever touches the screen: a node of their own, in memory. notify hears what it tells. Called
	// off the UI's goroutine, for one guest at a time.
	Guest func(ctx context.Context, notify func(chat.Event)) (Guest, error)
	// Owner is what the owner can do here.
	Owner Owner

	Window          fyne.Window
	Do              func(f func())
	SetTheme        func(fyne.Theme)
	Locale          string
	DecodeThumbnail func(data []byte) (image.Image, error)
	Decode          func(ctx context.Context, data []byte, maxSide int) (image.Image, error)
	Clipboard       fyne.Clipboard
	// Nudge has the toolkit look at the pointer's shape once more, which it does only when the pointer moves; nil if it cannot.
	// Called off the UI's goroutine.
	Nudge    func()
	Settings KioskSettings
	Now      func() time.Time
	After    func(d time.Duration, f func())
	Logger   *slog.Logger
}

// KioskSettings are what the owner chose.
type KioskSettings struct {
	Language      string // "" follows the system
	Look          Look
	TextSize      float32       // 1 is what suits somebody who stands before it
	Idle, Warning time.Duration // without a touch until the guest is asked, and then to answer in
	Slideshow     bool
	Slide         time.Duration // for each
	Categories    []string      // the only ones shown; all if empty
}

// theme is how the kiosk looks.
func (s KioskSettings) theme() *Theme {
	size := s.TextSize
	if size == 0 {
		size = 1
	}
	return &Theme{Look: s.Look, TextSize: size * kioskText, Reach: reach}
}

// home is the language that a guest begins in.
func (s KioskSettings) home(locale string) string {
	if s.Language != "" {
		return s.Language
	}
	return LanguageOf(locale)
}

// Guest is somebody at the kiosk. Its methods may block and are called off the UI's goroutine, but for Node.
type Guest interface {
	Node() Node
	// Leave ends the guest: what waits is handed on for their sellers alone to read, and nothing else of it stays. It
	// returns how many messages are carried on.
	Leave(ctx context.Context) (carried int, err error)
}

// Mover is a Guest that can go on elsewhere.
type Mover interface {
	// Code makes a code that moves what the guest said, and who they are, to a machine of their own, once.
	// moved is called, on any goroutine, when that has happened; the guest is gone by then.
	Code(ctx context.Context, moved func()) (GuestCode, error)
}

// GuestCode is a way to go on elsewhere.
type GuestCode struct {
	Text  string // to be typed
	Scan  string // what a camera reads
	Until time.Time
}

// Owner is what the owner can do at the kiosk. Its methods may block and are called off the UI's goroutine.
type Owner interface {
	// Open lets the owner in by PIN. The error wraps ErrWrongPIN, ErrWaitPIN with how long, or ErrNoPIN.
	Open(pin string) (wait time.Duration, err error)
	// State is how the kiosk is.
	State() KioskState
	// Leave ends the kiosk.
	Leave()
}

// The reasons why the owner is not let in.
var (
	ErrWrongPIN = errors.New("ui: not the PIN")
	ErrWaitPIN  = errors.New("ui: too many wrong PINs")
	ErrNoPIN    = errors.New("ui: there is no PIN")
)

// KioskEnd is how the window ended last.
type KioskEnd uint8

// The ways that the owner is told of.
const (
	EndNone KioskEnd = iota
	EndCrashed
	EndHung
	EndUnable
)

// KioskState is what the owner's page shows.
type KioskState struct {
	Begun       time.Time // when the kiosk was started
	Restarts    int       // of the window since then
	Last        KioskEnd
	LastAt      time.Time
	Free, Total uint64 // bytes of the disk that the profile is on; 0 if unknown
	Used        uint64 // bytes of the profile
	Carried     int    // messages of guests that wait for their sellers
	Guests      int    // since the window was started
	Version     string
	Folder      string
	Settings    string   // the settings file
	Wrong       []string // what in it was not taken; our own words
}
