package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"haggle/chat"
	"haggle/doctor"
)

var (
	anna = chat.PeerID{1}
	ben  = chat.PeerID{2}
	carl = chat.PeerID{3}
)

// well is a machine with nothing wrong, linked with Anna.
func well() chat.Diagnosis {
	return chat.Diagnosis{
		Port: 42445, Discovers: true, Linked: 1,
		Interfaces: []chat.InterfaceFacts{
			{Name: "eth0", Addresses: []string{"10.0.0.2"}, HeardSelf: true, HeardOthers: true, Echoes: true},
			{Name: "docker0", Unused: "virtual"},
			{Name: "lo", Unused: "loopback"},
		},
		Peers: []chat.PeerFacts{linked(anna, "Anna")},
	}
}

func linked(id chat.PeerID, name string) chat.PeerFacts {
	return chat.PeerFacts{
		Peer: id, Name: name, Linked: true, OnLink: true, Alive: true, Heard: true, Version: "1.2",
		Tried:    []chat.Trial{{Address: "10.0.0.1:42445", Reach: chat.ReachProven}},
		Answered: true, Discovers: true, Reaches: chat.ReachProven, HearsUs: true, HearsSelf: true, EchoesSelf: true,
	}
}

func away(reaches ...chat.Reach) chat.PeerFacts {
	p := chat.PeerFacts{Peer: ben, Name: "Ben"}
	for _, r := range reaches {
		p.Tried = append(p.Tried, chat.Trial{Address: "10.0.0.3:42445", Reach: r})
	}
	return p
}

// Each cause is named in the line that it belongs to, with its side.
func TestCauses(t *testing.T) {
	eth := func(d *chat.Diagnosis) *chat.InterfaceFacts { return &d.Interfaces[0] }
	peer := func(d *chat.Diagnosis) *chat.PeerFacts { return &d.Peers[0] }
	tests := []struct {
		name   string
		change func(*chat.Diagnosis)
		line   doctor.Name
		detail string // English
		advice string // English; empty: the line is no failure
	}{
		{"no network", func(d *chat.Diagnosis) { d.Interfaces = nil }, doctor.Network, "No network", "Plug in the cable"},
		{"no interface at all", func(d *chat.Diagnosis) { d.Interfaces = nil }, doctor.Interfaces, "There is none", "Plug in"},
		{"only a VPN", func(d *chat.Diagnosis) { eth(d).Unused = "pointToPoint" }, doctor.Interfaces, "eth0 (a VPN or a modem)", "--interface"},
		{"port taken", func(d *chat.Diagnosis) { eth(d).Unused = "failed" }, doctor.Interfaces, "cannot be opened", "End other programs"},
		{"no cable", func(d *chat.Diagnosis) { eth(d).Unused = "noCarrier" }, doctor.Interfaces, "eth0 (no cable or Wi-Fi network)", "Plug in"},
		{"a reason of a later version", func(d *chat.Diagnosis) { eth(d).Unused = "moon" }, doctor.Interfaces, "eth0 (moon)", "--interface"},
		{"unused ones are named", func(*chat.Diagnosis) {}, doctor.Interfaces, "Used: eth0 (10.0.0.2). Not used: docker0 (of a container, a virtual machine or a VPN).", ""},
		{"no discovery", func(d *chat.Diagnosis) { d.Discovers = false }, doctor.MulticastSelf, "does not look for people", "without --no-discovery"},
		{"UDP 5353 blocked here", func(d *chat.Diagnosis) {
			eth(d).HeardSelf, eth(d).HeardOthers = false, false
		}, doctor.MulticastSelf, "UDP port 5353 is blocked on this machine (eth0)", "UDP port 5353 in this machine's firewall"},
		{"and so nobody is heard", func(d *chat.Diagnosis) {
			eth(d).HeardSelf, eth(d).HeardOthers = false, false
		}, doctor.MulticastOthers, "this machine keeps them out", "this machine's firewall"},
		{"all blocked here", func(d *chat.Diagnosis) {
			eth(d).HeardSelf, eth(d).HeardOthers, eth(d).Echoes = false, false, false
		}, doctor.MulticastSelf, "lets nothing in (eth0)", "TCP port 42445 and UDP port 5353"},
		{"all blocked here, as others see it", func(d *chat.Diagnosis) { peer(d).Reaches = chat.ReachSilent }, doctor.Port, "Anna dialled port 42445 in vain", "this machine's firewall"},
		{"all blocked here, and nobody to ask", func(d *chat.Diagnosis) {
			*eth(d), d.Peers = chat.InterfaceFacts{Name: "eth0"}, nil
		}, doctor.Port, "others can probably not dial", "this machine's firewall"},
		{"one reaches us", func(d *chat.Diagnosis) {
			d.Peers = append(d.Peers, linked(ben, "Ben"))
			peer(d).Reaches = chat.ReachSilent
		}, doctor.Port, "Ben did, at port 42445", ""},
		{"nobody to ask", func(d *chat.Diagnosis) { d.Peers = nil }, doctor.Port, "Not tested", ""},
		{"not asked to accept", func(d *chat.Diagnosis) { d.Port = 0 }, doctor.Port, "accepts no links", ""},
		{"address used twice", func(d *chat.Diagnosis) { peer(d).Reaches = chat.ReachStranger }, doctor.Port, "somebody else answered", "one address"},
		{"UDP 5353 blocked there", func(d *chat.Diagnosis) {
			peer(d).HearsUs, peer(d).HearsSelf = false, false
		}, doctor.PeerMulticast, "UDP port 5353 is blocked on the machine of Anna", "On the machine of Anna"},
		{"all blocked there", func(d *chat.Diagnosis) {
			peer(d).HearsUs, peer(d).HearsSelf, peer(d).EchoesSelf = false, false, false
		}, doctor.PeerMulticast, "The machine of Anna lets nothing in", "On the machine of Anna"},
		{"all blocked there, as seen from here", func(d *chat.Diagnosis) { peer(d).Tried[0].Reach = chat.ReachSilent }, doctor.PeerPort, "The machine of Anna lets nobody in", "On the machine of Anna"},
		{"all blocked there, not linked", func(d *chat.Diagnosis) {
			d.Peers = []chat.PeerFacts{away(chat.ReachSilent)}
			peer(d).Alive = true
		}, doctor.PeerReach, "Ben announces itself, but its machine lets nobody in", "On the machine of Ben"},
		{"multicast filtered", func(d *chat.Diagnosis) {
			eth(d).HeardOthers, peer(d).Heard, peer(d).HearsUs = false, false, false
		}, doctor.MulticastOthers, "The network filters multicast", "let multicast pass"},
		{"filtered to one", func(d *chat.Diagnosis) {
			peer(d).Heard, peer(d).HearsUs = false, false
		}, doctor.PeerMulticast, "filters multicast between this machine and that of Anna", "let multicast pass"},
		{"one way", func(d *chat.Diagnosis) { peer(d).HearsUs = false }, doctor.PeerMulticast, "Anna is heard here, this machine is not heard there", "let multicast pass"},
		{"the other way", func(d *chat.Diagnosis) { peer(d).Heard = false }, doctor.PeerMulticast, "this machine is heard at Anna", "let multicast pass"},
		{"deaf here", func(d *chat.Diagnosis) {
			eth(d).HeardSelf, peer(d).Heard = false, false
		}, doctor.PeerMulticast, "this machine keeps them out", "UDP port 5353"},
		{"does not look", func(d *chat.Diagnosis) { peer(d).Discovers = false }, doctor.PeerMulticast, "Anna does not look", ""},
		{"alone", func(d *chat.Diagnosis) {
			eth(d).HeardOthers, d.Peers = false, nil
		}, doctor.MulticastOthers, "No announcement of another machine came in", "add it by address"},
		{"clock off", func(d *chat.Diagnosis) { peer(d).ClockOff = 10 * time.Minute }, doctor.Clock, "The clock of Anna is 10 minutes fast", "Set date, time"},
		{"own clock off", func(d *chat.Diagnosis) {
			d.Peers = append(d.Peers, linked(ben, "Ben"))
			d.Peers[0].ClockOff, d.Peers[1].ClockOff = 10*time.Minute, 10*time.Minute+time.Second
		}, doctor.Clock, "This machine's clock is 10 minutes slow", "Set date, time"},
		{"one of three clocks off", func(d *chat.Diagnosis) {
			d.Peers = append(d.Peers, linked(ben, "Ben"))
			d.Peers[1].ClockOff = -26 * time.Hour
		}, doctor.Clock, "The clock of Ben is 26 hours slow", "Set date, time"},
		{"years off", func(d *chat.Diagnosis) { peer(d).ClockOff = 100 * 24 * time.Hour }, doctor.Clock, "100 days fast", "Set"},
		{"wrong identity", func(d *chat.Diagnosis) {
			d.Peers = []chat.PeerFacts{away(chat.ReachSilent, chat.ReachStranger)}
		}, doctor.PeerReach, "Wrong identity: at 10.0.0.3:42445 somebody else answers, not Ben", "new invite"},
		{"another version", func(d *chat.Diagnosis) {
			d.Peers = []chat.PeerFacts{away(chat.ReachOther)}
			peer(d).Version = "9"
		}, doctor.PeerReach, "another protocol than this Haggle (version 9)", "newest"},
		{"not running", func(d *chat.Diagnosis) { d.Peers = []chat.PeerFacts{away(chat.ReachRefused)} }, doctor.PeerReach, "no Haggle answers", "Start Haggle"},
		{"kept apart", func(d *chat.Diagnosis) {
			d.Peers = append(d.Peers, away(chat.ReachNoRoute))
			d.Peers[1].LinkedTo = []chat.PeerID{anna}
		}, doctor.PeerReach, "The network keeps this machine and that of Ben apart: Anna is linked with Ben", "AP isolation"},
		{"kept apart, perhaps", func(d *chat.Diagnosis) {
			d.Peers = []chat.PeerFacts{away(chat.ReachSilent)}
			d.Peers[0].LinkedTo = []chat.PeerID{carl}
		}, doctor.PeerReach, carl.Short() + " is linked with Ben", "AP isolation"},
		{"off", func(d *chat.Diagnosis) { d.Peers = []chat.PeerFacts{away(chat.ReachNoRoute)} }, doctor.PeerReach, "cannot be found at 10.0.0.3:42445", "AP isolation"},
		{"silent", func(d *chat.Diagnosis) { d.Peers = []chat.PeerFacts{away(chat.ReachSilent)} }, doctor.PeerReach, "Nothing answers where Ben was met", "new invite"},
		{"there, not linked", func(d *chat.Diagnosis) { d.Peers = []chat.PeerFacts{away(chat.ReachProven)} }, doctor.PeerReach, "Ben answers at", ""},
		{"unknown", func(d *chat.Diagnosis) { d.Peers = []chat.PeerFacts{{Peer: ben}} }, doctor.PeerReach, "No address of " + ben.Short(), "invite"},
		{"version", func(*chat.Diagnosis) {}, doctor.PeerVersion, "Anna runs Haggle 1.2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := well()
			tt.change(&d)
			english, chinese := doctor.Report(d, doctor.English), doctor.Report(d, doctor.Chinese)
			found := slices.ContainsFunc(english, func(c doctor.Check) bool {
				return c.Name == tt.line && strings.Contains(c.Detail, tt.detail) && strings.Contains(c.Advice, tt.advice) && c.OK == (tt.advice == "")
			})
			if !found {
				t.Errorf("no such line in\n%s", doctor.Text(english))
			}
			for i, c := range english {
				z := chinese[i]
				if z.Name != c.Name || z.OK != c.OK || (z.Advice == "") != z.OK || (c.Advice == "") != c.OK {
					t.Errorf("%+v is %+v in Chinese", c, z)
				}
				for _, s := range []string{c.Detail, c.Advice, z.Detail, z.Advice} {
					if strings.Contains(s, "%!") {
						t.Errorf("%q", s)
					}
				}
				if !slices.ContainsFunc([]rune(z.Detail), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					t.Errorf("not Chinese: %q", z.Detail)
				}
			}
		})
	}
}

func TestAllWell(t *testing.T) {
	for _, c := range doctor.Report(well(), doctor.English) {
		if !c.OK {
			t.Errorf("%+v", c)
		}
	}
}

// What others call themselves cannot pretend to be a line of the report.
func TestNamesAreClean(t *testing.T) {
	d := well()
	d.Peers[0].Name = "A\n[ok] \u202eAll is well"
	report := doctor.Text(doctor.Report(d, doctor.English))
	if strings.Contains(report, "\n[ok] All") || strings.Contains(report, "\u202e") {
		t.Errorf("%q", report)
	}
}

func TestText(t *testing.T) {
	got := doctor.Text([]doctor.Check{{Name: doctor.Clock, OK: true, Detail: "One."}, {Name: doctor.Port, Detail: "Two.", Advice: "Do."}})
	if want := "[ok] One.\n[!!] Two.\n     Do.\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
