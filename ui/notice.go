package ui

// Notice is a notification of the desktop. It is made of numbers of ours and of the program's own words, and nothing that a
// peer wrote fits into it: on Windows the toolkit hands its text to a shell, which would run it. A test of internal/arch holds
// this type and these methods to that.
type Notice struct {
	messages, chats int
	words           *Words
}

// NewNotice makes one of how many messages came in how many chats.
func NewNotice(messages, chats int, w *Words) Notice { return Notice{messages, chats, w} }

// Title is the program's name.
func (n Notice) Title() string { return "Haggle" }

// Text is how many messages came, in how many chats.
func (n Notice) Text() string {
	switch {
	case n.messages == 1:
		return n.words.Say("notice.one")
	case n.chats == 1:
		return n.words.Say("notice.some", n.messages)
	default:
		return n.words.Say("notice.chats", n.messages, n.chats)
	}
}
