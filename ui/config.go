package ui

import (
	"context"
	"image"
	"io"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

// Node is what the window asks of a chat.Node, whose methods say what they do. Those that only read may take as long as a
// disk; those with then answer on the node's goroutine. Neither is called on the UI's goroutine: see kit.
type Node interface {
	Self() chat.SelfView
	SetSelf(c chat.SelfChange, then func(chat.SelfView, error))

	Peers() []chat.PeerView
	Peer(id chat.PeerID) chat.PeerView
	AddPeer(ctx context.Context, address string, want chat.PeerID) (chat.PeerView, error)
	AddInvited(ctx context.Context, i chat.Invite) (chat.PeerView, error)
	Block(id chat.PeerID, blocked bool, then func(chat.PeerView, error))
	SetRemark(id chat.PeerID, r chat.Remark, then func(chat.PeerView, error))
	Verify(id chat.PeerID, verified bool, then func(chat.PeerView, error))
	Watch(peer chat.PeerID, watched bool)
	Diagnose(ctx context.Context, about chat.PeerID) (chat.Diagnosis, error)

	Listing(seller chat.PeerID, id chat.ListingID) (chat.ListingView, error)
	Listings(q chat.ListingQuery) (total int, page []chat.ListingView, err error)
	Publish(g chat.Goods, then func(*chat.Listing, error))
	Revise(id chat.ListingID, edit func(*chat.Goods, *chat.Status) error, then func(*chat.Listing, error))

	FetchPhotos(seller chat.PeerID, id chat.ListingID)
	PutPicture(ctx context.Context, data []byte) (chat.Hash, error)
	ReadPicture(h chat.Hash) ([]byte, error)
	ImageState(image chat.Image) (state chat.ImageState, received uint32)
	FetchImage(id chat.MessageID, then func(chat.Message, error))
	CancelImage(id chat.MessageID, then func(chat.Message, error))

	OpenRoom(buyer, seller chat.PeerID, about chat.ListingID, then func(room chat.RoomView, created bool, err error))
	Room(id chat.RoomID) (chat.RoomView, error)
	Rooms(filter chat.RoomFilter, offset, limit int) (total int, page []chat.RoomView, err error)
	Accept(id chat.RoomID, then func(chat.RoomView, error))
	DeleteRoom(id chat.RoomID, then func(struct{}, error))

	Messages(id chat.RoomID, at chat.MessageID, before bool, limit int) ([]chat.Message, error)
	FirstUnread(id chat.RoomID) (chat.MessageID, error)
	Message(id chat.MessageID) (chat.Message, error)
	SearchMessages(query string, room *chat.RoomID, limit int) ([]chat.Message, error)
	FindMessages(query string, room chat.RoomID, limit int) ([]chat.MessageID, error)
	Post(id chat.RoomID, d chat.Draft, then func(chat.Message, error))
	Withdraw(id chat.MessageID, then func(m chat.Message, maySeen bool, err error))
	MarkRead(id chat.RoomID, upTo chat.MessageID, then func(unread int, err error))
	SetDraft(id chat.RoomID, text string) error
}

// Config is all a window needs of the world. Node, Feed, Window and Do are required.
type Config struct {
	Node   Node
	Feed   *Feed
	Window fyne.Window
	// Do runs f on the UI's goroutine, soon and in the order of the calls: fyne.Do in the program, a pump in tests.
	Do func(f func())
	// SetTheme makes everything look otherwise. Called on the UI's goroutine.
	SetTheme func(fyne.Theme)
	// Settings are what the person last chose; Save keeps them, and is called off the UI's goroutine, never twice at once.
	Settings Settings
	Save     func(Settings) error
	// Locale is the system's, such as zh_CN.UTF-8: it decides the language until a person does.
	Locale string
	// DecodeThumbnail makes a picture of a thumbnail that a peer sent, or refuses; Decode does so for a whole picture and
	// scales it to a side. They block, and are not called on the UI's goroutine.
	DecodeThumbnail func(data []byte) (image.Image, error)
	Decode          func(ctx context.Context, data []byte, maxSide int) (image.Image, error)
	// Prepare makes a picture that a person chose ready to travel. Called off the UI's goroutine.
	Prepare Prepare
	// Desk keeps what is being written.
	Desk Desk
	// Notify shows a notification of the desktop. Called on the UI's goroutine, so it does not wait for the desktop; nil shows
	// none.
	Notify func(Notice)
	// Tray shows the program beside the clock. Called on the UI's goroutine, often with nothing new; nil where there is no
	// such place.
	Tray func(Tray)
	// Autostart has the system start the program; nil where it cannot.
	Autostart Autostart
	// TakeHome brings chats from a kiosk; nil where that is not offered.
	TakeHome TakeHome
	// Crashed is the file with what the last run said when it crashed, "" if it did not. It is told of once.
	Crashed string
	// Report writes a report for whoever helps, with what was found out about the network. Called off the UI's goroutine; nil
	// where there is none.
	Report func(to io.Writer, network []string) error
	// Vault locks the profile and backs it up; nil where that is not offered.
	Vault Vault
	// Clipboard is the system's for text, and Board for pictures; without a Board it is said that these cannot be pasted here.
	Clipboard fyne.Clipboard
	Board     Board
	// Folder is where everything is kept, and Port what an address without one gets, such as ":42445": both to be shown.
	Folder, Port string
	// Version of the program, for people, and Build, the commit and day it was made of; "" if nobody knows.
	Version, Build string
	// Now is the wall clock, time.Now if nil; After calls f on any goroutine when d has passed, time.AfterFunc if nil.
	Now    func() time.Time
	After  func(d time.Duration, f func())
	Logger *slog.Logger
}

// Desk keeps what somebody is writing, so that nothing is lost when the program ends at any moment: pieces of data by
// names of letters, digits and dashes. Called off the UI's goroutine, from several at once for different names.
type Desk interface {
	// Keep replaces what is kept under a name; nil removes it. It returns when it is on the disk.
	Keep(name string, data []byte) error
	// Kept is what is kept under a name, nil if nothing.
	Kept(name string) ([]byte, error)
	// Drop removes everything whose name begins so.
	Drop(prefix string) error
}

// Autostart has the system start the program when somebody logs in. Called off the UI's goroutine, never twice at once.
type Autostart interface {
	On() (bool, error)
	Set(on bool) error
}

// Tray is what stands beside the clock.
type Tray struct {
	Show, Quit string // what its menu says
	Tip        string // what the icon says when it is pointed at
	Unread     bool
}

// Look is light or dark.
type Look uint8

// The looks. The system's is the one it says it prefers.
const (
	LookSystem Look = iota
	LookLight
	LookDark
)

// Settings are what a person chose for this window. The zero value is what a first start has.
type Settings struct {
	Introduced    bool       `json:"introduced"`         // the page of the first start was left
	Language      string     `json:"language,omitempty"` // "" follows the system
	Look          Look       `json:"look,omitempty"`
	TextSize      float32    `json:"textSize,omitempty"` // 1 is 100 %; 0 counts as that
	Quiet         bool       `json:"quiet,omitempty"`    // no notifications
	QuietHours    QuietHours `json:"quietHours,omitzero"`
	CloseToTray   bool       `json:"closeToTray,omitempty"`
	Currency      string     `json:"currency,omitempty"` // of the last goods offered
	Width, Height float32    `json:",omitempty"`         // of the window when it was closed
}
