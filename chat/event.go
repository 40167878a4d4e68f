package chat

// Event is a fact, past tense, for whoever shows it. Events come from the node's goroutine in the order they happened,
// after the answer to the call that caused them. The set is closed.
type Event interface{ event() }

type (
	// PeerOnline and PeerOffline tell changes of presence; PeerChanged tells changes of name, block or proof.
	PeerOnline struct{ Peer PeerID }
	// PeerOffline follows the end of the last link or the end of an announcement.
	PeerOffline struct{ Peer PeerID }
	// PeerChanged tells of a new name or mark.
	PeerChanged struct{ Peer PeerID }
	// OtherDevice tells that this identity runs elsewhere.
	OtherDevice struct {
		Device    DeviceID
		Addresses []string
	}
	// ListingChanged carries the new version.
	ListingChanged struct{ Listing *Listing }
	// RoomChanged tells that the room's summary is another.
	RoomChanged struct{ Room RoomID }
	// MessagePosted carries an own message, durable, from this device or another of one's own: a screen shows it now.
	MessagePosted struct{ Message Message }
	// MessageReceived carries a message of the other person, durable in this run: once per message, in seq order per log.
	MessageReceived struct{ Message Message }
	// MessageStateChanged holds for every lower seq of the log, too, when State is Delivered or Read; not for those that
	// have Failed, of which an event of their own tells.
	MessageStateChanged struct {
		ID    MessageID
		State State
	}
	// ImageChanged tells how far the picture of a message has come here; Received of Size bytes.
	ImageChanged struct {
		ID             MessageID
		State          ImageState
		Received, Size uint32
	}
	// ImageSent tells that the other side has so many bytes, of Size, of the picture of an own message.
	ImageSent struct {
		ID          MessageID
		Bytes, Size uint32
	}
	// StoreNotice is one fact about the store that a person should hear of; Kind is stable.
	StoreNotice struct{ Kind Notice }
)

func (PeerOnline) event()          {}
func (PeerOffline) event()         {}
func (PeerChanged) event()         {}
func (OtherDevice) event()         {}
func (ListingChanged) event()      {}
func (RoomChanged) event()         {}
func (MessagePosted) event()       {}
func (MessageReceived) event()     {}
func (MessageStateChanged) event() {}
func (ImageChanged) event()        {}
func (ImageSent) event()           {}
func (StoreNotice) event()         {}
func (NetworkChanged) event()      {}

// Notice names what a StoreNotice is about.
type Notice string

// The notices of the node. The store has its own (rebuilt, damaged), which reach people the same way.
const (
	NoticeDiskFull   Notice = "diskFull"
	NoticeDiskBack   Notice = "diskBack"
	NoticeReadOnly   Notice = "readOnly"
	NoticeRolledBack Notice = "rolledBack"
	NoticeForked     Notice = "forked"
	NoticeRebuilt    Notice = "rebuilt"
	NoticeDamaged    Notice = "damaged"
)

// State is how far a message has come. It never says more than is true.
type State uint8

// Own messages are Waiting, Delivered, Read, Failed or Withdrawn, the other person's Received or Withdrawn. Failed is for a
// person to mend: the message's picture is on neither machine any more.
const (
	Waiting State = iota + 1
	Delivered
	Read
	Failed
	Withdrawn
	Received
)

var stateNames = [...]string{Waiting: "waiting", Delivered: "delivered", Read: "read", Failed: "failed", Withdrawn: "withdrawn", Received: "received"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// Message is a row as a person sees it. Text is as its author wrote it: package text cleans it on the way to a screen.
type Message struct {
	ID       MessageID
	Author   PeerID
	Kind     Kind // KindText, KindImage, or what this version does not know
	Text     string
	Image    *Image
	Picture  ImageState // of Image: how far the picture is here,
	Received uint32     // and how many bytes of it
	About    *AboutView
	Clock    Clock // with the ID it says where the message sorts: see Position
	SentAt   int64 // wall milliseconds of the author
	ClockOff int32 // seconds, 0 when unknown or right
	State    State
	Unread   bool // the other person's, beyond the own read mark
	Unknown  bool // written by a newer version or malformed: shown as such, never guessed to be text
}

// Position is where the message sorts in its room.
func (m *Message) Position() Position {
	return Position{Clock: m.Clock, Author: m.ID.Author, Device: m.ID.Device, Seq: m.ID.Seq}
}

// AboutView is About with what that version said, as far as it is known here.
type AboutView struct {
	About
	Title string
	Price *Money
}

// messageOf makes the view of a row. About is resolved by the caller.
func messageOf(s *RoomState, self PeerID, row *Row) Message {
	mine, _ := s.Role(self)
	e := &row.Entry
	m := Message{
		ID: row.ID(), Author: s.Of(row.Log.Author), Kind: e.Kind,
		Clock: e.Clock, SentAt: e.SentAt, ClockOff: row.ClockOff, State: Received,
	}
	l := s.Log(row.Log.Author, row.Log.Device)
	if row.Log.Author != mine {
		m.Unread = l != nil && e.Seq > l.readTo()
	} else {
		m.State = Waiting
		if l != nil {
			switch delivered, read := l.Delivered(); {
			case e.Seq <= read:
				m.State = Read
			case e.Seq <= delivered:
				m.State = Delivered
			}
		}
	}
	if !e.HasBody() {
		m.State = Withdrawn
		return m
	}
	body, err := DecodeBody(e.Kind, e.Body)
	if err != nil {
		m.Unknown = true
		return m
	}
	m.Text, m.Image = body.Text, body.Image
	if body.About != nil {
		m.About = &AboutView{About: *body.About}
	}
	return m
}
