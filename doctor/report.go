package doctor

import (
	"fmt"
	"slices"
	"strings"

	"haggle/chat"
	"haggle/text"
)

// Language is what the words are in.
type Language int

// The languages.
const (
	English Language = iota
	Chinese
)

// Languages are the names that programs give them.
var Languages = map[string]Language{"en": English, "zh": Chinese}

// Name says what a Check is about; the values are stable.
type Name string

// The names. Those that begin with peer are about one peer each and may come several times.
const (
	Network         Name = "network"
	Interfaces      Name = "interfaces"
	MulticastSelf   Name = "multicastSelf"
	MulticastOthers Name = "multicastOthers"
	Port            Name = "port"
	Clock           Name = "clock"
	PeerReach       Name = "peer"
	PeerPort        Name = "peerPort"
	PeerMulticast   Name = "peerMulticast"
	PeerVersion     Name = "peerVersion"
)

// Check is one line of a report. Advice is empty when all is well.
type Check struct {
	Name   Name
	OK     bool
	Detail string
	Advice string
}

// words are one sentence in each language, in the order of Language, with the verbs of package fmt.
type words [2]string

// report collects checks in a language.
type report struct {
	chat.Diagnosis
	language Language
	checks   []Check
}

// Report is what there is to say about a diagnosis: first this machine, then the peers in their order.
func Report(d chat.Diagnosis, language Language) []Check {
	r := &report{Diagnosis: d, language: language}
	if r.network() {
		r.multicastSelf()
		r.multicastOthers()
		r.port()
		r.clock()
	}
	for _, p := range d.Peers {
		r.peer(p)
	}
	return r.checks
}

// Text is a report as one may copy it: a line for each check, and one for its advice.
func Text(checks []Check) string {
	var b strings.Builder
	for _, c := range checks {
		mark := "[ok] "
		if !c.OK {
			mark = "[!!] "
		}
		b.WriteString(mark + c.Detail + "\n")
		if c.Advice != "" {
			b.WriteString("     " + c.Advice + "\n")
		}
	}
	return b.String()
}

func (r *report) say(w words, args ...any) string {
	if len(args) == 0 {
		return w[r.language]
	}
	return fmt.Sprintf(w[r.language], args...)
}

func (r *report) pass(name Name, detail words, args ...any) {
	r.checks = append(r.checks, Check{Name: name, OK: true, Detail: r.say(detail, args...)})
}

// fail adds a check that fails; advice is finished already.
func (r *report) fail(name Name, advice string, detail words, args ...any) {
	r.checks = append(r.checks, Check{Name: name, Detail: r.say(detail, args...), Advice: advice})
}

// list joins names.
func (r *report) list(names []string) string {
	return strings.Join(names, r.say(words{", ", "、"}))
}

// called is what a peer is called, clean; its ID's beginning if it has no name.
func called(p chat.PeerFacts) string {
	if name := text.Line(p.Name, chat.MaxName); !text.Blank(name) {
		return name
	}
	return p.Peer.Short()
}

// callID is called for a peer of which only the ID stands in the facts of another.
func (r *report) callID(id chat.PeerID) string {
	at := slices.IndexFunc(r.Peers, func(p chat.PeerFacts) bool { return p.Peer == id })
	if at < 0 {
		return id.Short()
	}
	return called(r.Peers[at])
}

func (r *report) callAll(ids []chat.PeerID) string {
	var names []string
	for _, id := range ids {
		names = append(names, r.callID(id))
	}
	return r.list(names)
}
