package discovery

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"haggle/chat"
)

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, t := range texts {
		out = append(out, netip.MustParseAddr(t))
	}
	return out
}

func mustRecords(t testing.TB, a Announcement, own, elsewhere []netip.Addr) *records {
	t.Helper()
	r, err := newRecords(a, own, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustPack packs an answer made of rrs.
func mustPack(t testing.TB, rrs ...dns.RR) []byte {
	t.Helper()
	packet, err := pack(rrs)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// mustAsk is the first packet of a question for everyone.
func mustAsk(t testing.TB, known ...knownAnswer) []byte {
	t.Helper()
	packets, err := packQuery(0, known)
	if err != nil {
		t.Fatal(err)
	}
	return packets[0]
}

func TestInstanceNames(t *testing.T) {
	in := instanceOf(chat.PeerID{0xff, 1, 2}, chat.DeviceID{0xab, 0xcd, 1, 2, 3, 4, 5, 6})
	if len(in.label()) != 61 {
		t.Fatalf("label has %d characters, want 61", len(in.label()))
	}
	for _, name := range []string{in.name(), strings.ToUpper(in.name())} {
		if got, ok := parseInstance(name); !ok || got != in {
			t.Errorf("parseInstance(%q) = %v, %v", name, got, ok)
		}
	}
	if got, ok := parseHost(in.host()); !ok || got != in {
		t.Errorf("parseHost(%q) = %v, %v", in.host(), got, ok)
	}
	label := in.label()
	bad := map[string]string{
		"empty":         "",
		"kind only":     kindName,
		"host":          in.host(),
		"other kind":    label + "._http._tcp.local.",
		"no final dot":  strings.TrimSuffix(in.name(), "."),
		"short":         label[1:] + "." + kindName,
		"longer":        "a" + in.name(),
		"wrong base32":  "1" + in.name()[1:],
		"wrong hex":     strings.Replace(in.name(), "-abcd", "-abcx", 1),
		"no dash":       strings.Replace(in.name(), "-", "a", 1),
		"not canonical": label[:51] + "b" + label[52:] + "." + kindName,
		"line ends":     strings.Repeat("2", 48) + "\n222-00000000." + kindName, // found by fuzzing
		"nobody":        instance{}.name(),
		"not ASCII":     "é" + in.name()[2:],
	}
	for what, name := range bad {
		if _, ok := parseInstance(name); ok {
			t.Errorf("%s: %q was taken", what, name)
		}
	}
}

func TestTXT(t *testing.T) {
	a := Announcement{Device: chat.DeviceID{1, 2, 3, 4, 5, 6, 7, 8}, Catalog: 0xdeadbeef, Roles: "bs", Protocol: 7}
	elsewhere := addrs("10.1.1.1", "10.1.1.2", "fe80::1", "10.1.1.3", "10.1.1.4", "10.1.1.5")
	strs := formatTXT(a, elsewhere)
	got, err := parseTXT(strs)
	if err != nil {
		t.Fatal(err)
	}
	if got.device != a.Device || got.catalog != a.Catalog || got.protocol != a.Protocol ||
		!slices.Equal(got.elsewhere, addrs("10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4")) {
		t.Errorf("parseTXT(%q) = %+v", strs, got)
	}
	if n := len(strings.Join(strs, " ")); n > 200 {
		t.Errorf("TXT is %d bytes: %q", n, strs)
	}

	minimal := []string{"txtvers=1", "pv=1", "d=0102030405060708"}
	with := func(more ...string) []string { return append(slices.Clone(minimal), more...) }
	tests := []struct {
		name string
		strs []string
		ok   bool
	}{
		{"minimal", minimal, true},
		{"keys in any case", []string{"TxtVers=1", "PV=1", "D=0102030405060708"}, true},
		{"unknown keys", with("x=1", "flag", ""), true},
		{"first of a repeated key counts", with("pv=nonsense", "d=0"), true},
		{"none", nil, false},
		{"no version", minimal[1:], false},
		{"other version", []string{"txtvers=2", "pv=1", "d=0102030405060708"}, false},
		{"no protocol", []string{"txtvers=1", "d=0102030405060708"}, false},
		{"negative protocol", []string{"txtvers=1", "pv=-1", "d=0102030405060708"}, false},
		{"huge protocol", []string{"txtvers=1", "pv=65536", "d=0102030405060708"}, false},
		{"no device", minimal[:2], false},
		{"short device", []string{"txtvers=1", "pv=1", "d=01"}, false},
		{"upper-case device", []string{"txtvers=1", "pv=1", "d=0A02030405060708"}, false},
		{"short digest", with("g=1"), false},
		{"digest not hex", with("g=0000000x"), false},
		{"name for an address", with("a=example.com"), false},
		{"IPv6 elsewhere", with("a=fe80::1"), false},
		{"five addresses", with("a=1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5"), false},
		{"control character", with("x=\x1b[2J"), false},
		{"not ASCII", with("n=名"), false},
		{"17 strings", with(slices.Repeat([]string{"x"}, 14)...), false},
		{"too long", with(slices.Repeat([]string{strings.Repeat("x", 255)}, 6)...), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTXT(tt.strs)
			if (err == nil) != tt.ok {
				t.Fatalf("parseTXT(%q) = %v, %v", tt.strs, got, err)
			}
			if tt.ok && got.protocol != 1 {
				t.Errorf("protocol = %d", got.protocol)
			}
			if err != nil && !errors.Is(err, errTXT) {
				t.Errorf("error %v is not errTXT", err)
			}
		})
	}
}

func TestCleanRoles(t *testing.T) {
	for in, want := range map[string]string{"": "", "b": "b", "sb": "bs", "bbss": "bs", "admin\x00": "", strings.Repeat("s", 999): "s"} {
		if got := cleanRoles(in); got != want {
			t.Errorf("cleanRoles(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAnnouncementRoundTrip(t *testing.T) {
	a := testAnnouncement(3)
	own := addrs("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "2001:db8::1", "2001:db8::2", "2001:db8::3", "fe80::1", "fe80::2")
	r := mustRecords(t, a, own, addrs("192.168.100.101", "192.168.100.102", "192.168.100.103", "192.168.100.104"))
	if len(r.announce) > 1400 {
		t.Errorf("the largest announcement has %d bytes", len(r.announce))
	}
	m, err := parse(r.announce)
	if err != nil || len(m.found) != 1 || m.query || len(m.goodbyes) > 0 {
		t.Fatalf("parse = %+v, %v", m, err)
	}
	f := m.found[0]
	if f.instance != instanceOf(a.Peer, a.Device) || f.txt.device != a.Device || int(f.port) != a.Port || f.lifetime != maxLifetime ||
		!slices.Equal(f.addrs, own[:maxOwnAddrs]) || len(f.txt.elsewhere) != 4 {
		t.Errorf("found %+v", f)
	}
	m, err = parse(r.goodbye)
	if err != nil || len(m.found) != 0 || !slices.Equal(m.goodbyes, []instance{f.instance}) {
		t.Errorf("goodbye: %+v, %v", m, err)
	}
	if m, err = parse(r.kinds); err != nil || len(m.found)+len(m.goodbyes) != 0 {
		t.Errorf("kinds: %+v, %v", m, err)
	}
	before := slices.Clone(r.announce)
	for range 2 { // what was handed out and packed must not change what is kept
		if _, err := pack(r.plain(legacyTTL)); err != nil {
			t.Fatal(err)
		}
	}
	if again := mustPack(t, r.copies()...); !bytes.Equal(again, before) {
		t.Error("the records changed by being handed out")
	}
}

// A list of known answers may take several packets; one that would take too many does not go along.
func TestQueryRoundTrip(t *testing.T) {
	for n, want := range map[int]struct{ packets, known int }{0: {1, 0}, 1: {1, 1}, 18: {1, 18}, 19: {2, 19}, 72: {4, 72}, 73: {1, 18}, 1000: {1, 18}} {
		var known []knownAnswer
		for k := range n {
			known = append(known, knownAnswer{numbered(k), time.Minute + time.Second})
		}
		packets, err := packQuery(7, known)
		if err != nil || len(packets) != want.packets {
			t.Fatalf("%d known: %d packets, %v", n, len(packets), err)
		}
		var told []instance
		for i, packet := range packets {
			m, err := parse(packet)
			if err != nil || !m.query || m.id != 7 || len(packet) > 1440 {
				t.Fatalf("%d known: packet of %d bytes: %+v, %v", n, len(packet), m, err)
			}
			if first := i == 0; first != (len(m.questions) == 1 && asksForEveryone(m.questions[0])) || m.truncated != (i < len(packets)-1) {
				t.Errorf("%d known: packet %d: %+v", n, i, m)
			}
			told = append(told, m.known...)
		}
		if len(told) != want.known || n > 0 && told[len(told)-1] != numbered(len(told)-1) {
			t.Errorf("%d known: told %d", n, len(told))
		}
	}
}

func TestNamedQuestions(t *testing.T) {
	var wanted []instance
	for n := range 2 * maxNamed {
		wanted = append(wanted, numbered(n))
	}
	packet, err := packNamed(7, wanted)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parse(packet)
	if err != nil || !m.query || len(m.questions) != maxNamed || len(packet) > 1440 {
		t.Fatalf("%d bytes: %+v, %v", len(packet), m, err)
	}
	for n, q := range m.questions {
		if in, ok := asksFor(q); !ok || in != numbered(n) || asksForEveryone(q) {
			t.Errorf("question %d: %v", n, q)
		}
	}
}

// answerCase is an answer packet and what it tells; the fuzz target starts from them too.
type answerCase struct {
	name     string
	packet   []byte
	found    int
	goodbyes int
}

func answerCases(t testing.TB) []answerCase {
	t.Helper()
	a, b := testAnnouncement(1), testAnnouncement(2)
	ra, rb := mustRecords(t, a, addrs("10.0.0.1"), nil), mustRecords(t, b, addrs("10.0.0.2"), nil)
	edit := func(change func([]dns.RR) []dns.RR) []byte { return mustPack(t, change(ra.copies())...) }
	const ptr, srv, txt, host = 0, 1, 2, 3
	return []answerCase{
		{"whole", ra.announce, 1, 0},
		{"two in one packet", mustPack(t, append(ra.copies(), rb.copies()...)...), 2, 0},
		{"records in another order", edit(func(s []dns.RR) []dns.RR { slices.Reverse(s); return s }), 1, 0},
		{"without PTR", edit(func(s []dns.RR) []dns.RR { return s[srv:] }), 1, 0},
		{"without SRV", edit(func(s []dns.RR) []dns.RR { return slices.Delete(s, srv, srv+1) }), 0, 0},
		{"without TXT", edit(func(s []dns.RR) []dns.RR { return slices.Delete(s, txt, txt+1) }), 0, 0},
		{"without address", edit(func(s []dns.RR) []dns.RR { return s[:host] }), 1, 0},
		{"of another class", edit(func(s []dns.RR) []dns.RR {
			for _, rr := range s {
				rr.Header().Class = dns.ClassCHAOS
			}
			return s
		}), 0, 0},
		{"SRV to a foreign host", edit(func(s []dns.RR) []dns.RR { s[srv].(*dns.SRV).Target = "router.local."; return s }), 0, 0},
		{"SRV to another peer's host", edit(func(s []dns.RR) []dns.RR {
			s[srv].(*dns.SRV).Target = instanceOf(b.Peer, b.Device).host()
			return s
		}), 0, 0},
		{"low port", edit(func(s []dns.RR) []dns.RR { s[srv].(*dns.SRV).Port = 1023; return s }), 0, 0},
		{"two SRV, one bad", edit(func(s []dns.RR) []dns.RR {
			other := dns.Copy(s[srv]).(*dns.SRV)
			other.Port = 22
			return append(s, other)
		}), 0, 0},
		{"TXT with another device", edit(func(s []dns.RR) []dns.RR { s[txt].(*dns.TXT).Txt = formatTXT(b, nil); return s }), 0, 0},
		{"TXT without sense", edit(func(s []dns.RR) []dns.RR { s[txt].(*dns.TXT).Txt = []string{"hello"}; return s }), 0, 0},
		{"everything with TTL 0", edit(func(s []dns.RR) []dns.RR {
			for _, rr := range s {
				rr.Header().Ttl = 0
			}
			return s
		}), 0, 1},
		{"foreign goodbye", mustPack(t, &dns.PTR{Hdr: dns.RR_Header{Name: "_ipp._tcp.local.", Rrtype: dns.TypePTR, Class: dns.ClassINET}, Ptr: instanceOf(a.Peer, a.Device).name()}), 0, 0},
		{"foreign kind", mustPack(t, &dns.SRV{Hdr: header("printer._ipp._tcp.local.", dns.TypeSRV, dns.ClassINET), Port: 631, Target: "printer.local."}), 0, 0},
		{"names with dots and bytes", mustPack(t, append([]dns.RR{&dns.TXT{Hdr: header(`HP\.v1\.2\ \195\169._ipp._tcp.local.`, dns.TypeTXT, dns.ClassINET), Txt: []string{"x"}}}, ra.copies()...)...), 1, 0},
		{"nothing", mustPack(t), 0, 0},
	}
}

func TestParseAnswers(t *testing.T) {
	for _, tt := range answerCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parse(tt.packet)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.found) != tt.found || len(m.goodbyes) != tt.goodbyes {
				t.Errorf("found %d, goodbyes %d, want %d, %d: %+v", len(m.found), len(m.goodbyes), tt.found, tt.goodbyes, m)
			}
		})
	}
}

func TestParseLifetimes(t *testing.T) {
	for ttl, want := range map[uint32]time.Duration{1: minLifetime, 10: minLifetime, 60: time.Minute, 120: maxLifetime, 1 << 31: maxLifetime, 1<<32 - 1: maxLifetime} {
		r := mustRecords(t, testAnnouncement(1), addrs("10.0.0.1"), nil)
		set := r.copies()
		set[1].Header().Ttl = ttl
		m, err := parse(mustPack(t, set...))
		if err != nil || len(m.found) != 1 || m.found[0].lifetime != want {
			t.Errorf("TTL %d: %+v, %v, want %v", ttl, m, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := mustRecords(t, testAnnouncement(1), addrs("10.0.0.1"), nil).announce
	edit := func(change func([]byte) []byte) []byte { return change(slices.Clone(good)) }
	tests := map[string][]byte{
		"empty":              nil,
		"half a header":      good[:11],
		"cut":                good[:len(good)/2],
		"opcode":             edit(func(p []byte) []byte { p[2] |= 0x08; return p }),
		"response code":      edit(func(p []byte) []byte { p[3] |= 3; return p }),
		"65,535 records":     edit(func(p []byte) []byte { p[6], p[7] = 0xff, 0xff; return p }),
		"counts that add up": edit(func(p []byte) []byte { p[5], p[7], p[9], p[11] = 17, 17, 17, 17; return p }),
		"9,001 bytes":        append(slices.Clone(good), make([]byte, 9001-len(good))...),
		"name loop":          append([]byte{0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0),
	}
	for name, packet := range tests {
		t.Run(name, func(t *testing.T) {
			if m, err := parse(packet); !errors.Is(err, errPacket) {
				t.Errorf("parse = %+v, %v", m, err)
			}
		})
	}
}

func TestKnownAnswersOfQuestions(t *testing.T) {
	a := testAnnouncement(1)
	in := instanceOf(a.Peer, a.Device)
	ask := func(ttl uint32, name, target string) message {
		t.Helper()
		q := dns.Msg{Question: []dns.Question{{Name: kindName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}}
		hdr := header(name, dns.TypePTR, dns.ClassINET)
		hdr.Ttl = ttl
		q.Answer = []dns.RR{&dns.PTR{Hdr: hdr, Ptr: target}}
		packet, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		m, err := parse(packet)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := ask(60, strings.ToUpper(kindName), in.name()); !slices.Equal(m.known, []instance{in}) {
		t.Errorf("known = %v", m.known)
	}
	if m := ask(59, kindName, in.name()); len(m.known) != 0 {
		t.Error("an answer that is about to expire counts as known")
	}
	if m := ask(120, "_ipp._tcp.local.", in.name()); len(m.known) != 0 {
		t.Error("a known answer of another kind counts")
	}
	if m := ask(120, kindName, "x."+kindName); len(m.known) != 0 {
		t.Error("a known answer about nobody counts")
	}
}

func TestSubject(t *testing.T) {
	r := mustRecords(t, testAnnouncement(1), addrs("10.0.0.1"), nil)
	tests := []struct {
		name  string
		qtype uint16
		class uint16
		want  subject
	}{
		{kindName, dns.TypePTR, dns.ClassINET, everyone},
		{strings.ToUpper(kindName), dns.TypeANY, dns.ClassINET | classTop, everyone},
		{kindName, dns.TypePTR, dns.ClassANY, everyone},
		{kindName, dns.TypeA, dns.ClassINET, nothing},
		{kindName, dns.TypePTR, dns.ClassCHAOS, nothing},
		{kindsName, dns.TypePTR, dns.ClassINET, kinds},
		{r.self.name(), dns.TypeSRV, dns.ClassINET, us},
		{strings.ToUpper(r.self.name()), dns.TypeTXT, dns.ClassINET, us},
		{r.self.name(), dns.TypePTR, dns.ClassINET, nothing},
		{r.self.host(), dns.TypeAAAA, dns.ClassINET, us},
		{instanceOf(testAnnouncement(2).Peer, testAnnouncement(2).Device).name(), dns.TypeSRV, dns.ClassINET, nothing},
		{"local.", dns.TypeANY, dns.ClassINET, nothing},
	}
	for _, tt := range tests {
		if got := r.subject(dns.Question{Name: tt.name, Qtype: tt.qtype, Qclass: tt.class}); got != tt.want {
			t.Errorf("subject(%s %d %d) = %d, want %d", tt.name, tt.qtype, tt.class, got, tt.want)
		}
	}
}

func TestLegacyAnswer(t *testing.T) {
	r := mustRecords(t, testAnnouncement(1), addrs("10.0.0.1"), nil)
	for name, want := range map[string]int{kindName: 4, kindsName: 1} {
		packet, err := r.legacy(0xbeef, dns.Question{Name: name, Qtype: dns.TypePTR, Qclass: dns.ClassINET})
		if err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(packet); err != nil {
			t.Fatal(err)
		}
		if m.Id != 0xbeef || len(m.Question) != 1 || m.Question[0].Name != name || len(m.Answer) != want {
			t.Errorf("%s: %v", name, &m)
		}
		for _, rr := range m.Answer {
			if rr.Header().Class != dns.ClassINET || rr.Header().Ttl != legacyTTL {
				t.Errorf("%s: record %v", name, rr)
			}
		}
	}
}

func FuzzPacket(f *testing.F) {
	r := mustRecords(f, testAnnouncement(1), addrs("10.0.0.1", "fe80::1"), addrs("192.168.1.1"))
	f.Add(r.announce)
	f.Add(r.goodbye)
	f.Add(r.kinds)
	question := mustAsk(f, knownAnswer{r.self, maxLifetime})
	f.Add(question)
	f.Add(question[:12])
	for _, c := range answerCases(f) {
		f.Add(c.packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		m, err := parse(packet)
		if err != nil {
			if !errors.Is(err, errPacket) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if len(packet) > maxPacket || len(m.questions)+len(m.known)+len(m.found)+len(m.goodbyes) > maxRecords {
			t.Fatalf("too much came out of %d bytes: %+v", len(packet), m)
		}
		if m.query && len(m.found)+len(m.goodbyes) > 0 {
			t.Fatalf("a question tells: %+v", m)
		}
		for _, q := range m.questions {
			if r.subject(q) != nothing {
				if answer, err := r.legacy(m.id, q); err != nil || len(answer) > maxPacket {
					t.Fatalf("answer to %v: %d bytes, %v", q, len(answer), err)
				}
			}
		}
		for _, found := range m.found {
			checkFound(t, found)
		}
	})
}

// checkFound checks what must hold of anything that a packet told.
func checkFound(t *testing.T, f found) {
	t.Helper()
	if f.instance.peer.IsZero() || f.port < minPort || f.lifetime < minLifetime || f.lifetime > maxLifetime || len(f.addrs) > maxHostAddrs {
		t.Fatalf("found %+v", f)
	}
	if again, ok := parseInstance(f.instance.name()); !ok || again != f.instance {
		t.Fatalf("instance %v does not survive its name", f.instance)
	}
	i := netInterface{index: 2, name: "eth0", prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.9/24"), netip.MustParsePrefix("fe80::9/64")}}
	for _, ap := range candidates(i, netip.MustParseAddr("10.0.0.1"), f, func(netip.AddrPort) bool { return false }) {
		ip := ap.Addr()
		if !ip.IsPrivate() && !i.onLink(ip) || ip.IsMulticast() || ip.IsLoopback() || ip.IsUnspecified() || ap.Port() < minPort {
			t.Fatalf("candidate %v", ap)
		}
	}
	// What we announce of it reads the same again.
	a := Announcement{Peer: f.instance.peer, Device: f.txt.device, Port: int(f.port), Catalog: f.txt.catalog, Protocol: f.txt.protocol}
	m, err := parse(mustRecords(t, a, f.addrs, f.txt.elsewhere).announce)
	if err != nil || len(m.found) != 1 || m.found[0].instance != f.instance || m.found[0].txt.catalog != f.txt.catalog {
		t.Fatalf("again: %+v, %v", m, err)
	}
}

func FuzzTXT(f *testing.F) {
	f.Add("txtvers=1\npv=1\nd=0102030405060708\ng=0000abcd\nr=bs\na=10.0.0.1,10.0.0.2")
	f.Add("txtvers=1\npv=0\nd=0102030405060708\nPV=9\nunknown")
	f.Add("txtvers=1\n\n=\na=")
	f.Add("TXTVERS=1\npv=65535\nd=ffffffffffffffff\ng=ffffffff")
	f.Fuzz(func(t *testing.T, lines string) {
		strs := strings.Split(lines, "\n")
		got, err := parseTXT(strs)
		if err != nil {
			return
		}
		a := Announcement{Device: got.device, Catalog: got.catalog, Protocol: got.protocol}
		again, err := parseTXT(formatTXT(a, got.elsewhere))
		if err != nil || again.device != got.device || again.catalog != got.catalog || again.protocol != got.protocol || !slices.Equal(again.elsewhere, got.elsewhere) {
			t.Fatalf("%q: %+v, then %+v, %v", strs, got, again, err)
		}
	})
}

func FuzzInstanceName(f *testing.F) {
	f.Add(instanceOf(testAnnouncement(1).Peer, testAnnouncement(1).Device).name())
	f.Add(strings.ToUpper(instanceOf(testAnnouncement(2).Peer, testAnnouncement(2).Device).name()))
	f.Add(kindName)
	f.Add(strings.Repeat("a", 61) + "." + kindName)
	f.Fuzz(func(t *testing.T, name string) {
		in, ok := parseInstance(name)
		if ok && !strings.EqualFold(in.name(), name) {
			t.Fatalf("%q became %q", name, in.name())
		}
	})
}

func BenchmarkParse(b *testing.B) {
	packet := mustRecords(b, testAnnouncement(1), addrs("10.0.0.1", "fe80::1"), nil).announce
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(packet); err != nil {
			b.Fatal(err)
		}
	}
}
