package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"haggle/internal/lanrig"
)

// TestPoint7Capture shows point 7 of the issue, and A12 and F11: all packets of a whole exchange hold no name, title or
// message in any form, while a word sent beside it in the clear is found in each of them.
func TestPoint7Capture(t *testing.T) {
	short(t)
	lan := lanrig.Up(t, 2)
	capture := record(t, lan)

	secrets := []string{
		"Annabella-Marketstall", "安娜的小店铺面", "Benjamin-Buyer-Boy", "Unmistakable-Title", "独一无二的自行车", "A description nobody else has",
		"vehicles-and-wheels", "Is-it-still-there-my-friend", "还在吗朋友你好", "Yes-come-and-fetch-it", "nearly-as-new-condition", "about-me-and-my-shop",
	}
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	call[ofSelf](anna, "self.set", object{"name": secrets[0] + " " + secrets[1][:9], "about": secrets[11] + secrets[1]})
	call[ofSelf](ben, "self.set", object{"name": secrets[2]})
	meet(t, anna, ben)
	until(ben, patience, "Anna's name", func() bool {
		list := call[ofPeers](ben, "peers.list", nil).Peers
		return len(list) == 1 && strings.HasPrefix(list[0].Name, secrets[0])
	})
	w := ben.watch()
	goods := publish(anna, secrets[3]+" "+secrets[4], "350",
		object{"description": secrets[5], "category": secrets[6], "condition": secrets[10]})
	awaitListing(w, goods.ListingID, patience, func(listing) bool { return true })
	room := open(anna, ben).RoomID
	asked := call[ofMessage](ben, "messages.send", object{"roomId": room, "text": secrets[7] + secrets[8], "listingId": goods.ListingID}).Message
	awaitReceived(anna.fromStart(), asked, patience)
	answered := post(anna, room, secrets[9])
	awaitReceived(ben.fromStart(), answered, patience)
	awaitDelivered(anna.fromStart(), answered, patience)
	ben.quit()
	again := ben.restart() // another greeting, with all catching up
	meet(t, anna, again)
	again.quit()
	anna.quit()

	const marker = "In-the-clear-标记"
	plaintext(t, lan, marker)
	seen := capture.stop(t, []byte(marker))
	for _, form := range formsOf(marker) {
		if !seen.holds(form.bytes) {
			t.Errorf("the capture does not hold %q as %s: it shows nothing", marker, form.name)
		}
	}
	t.Logf("%d packets, %d bytes in %d streams", seen.packets, len(seen.raw), len(seen.streams))
	if len(seen.streams) < 5 { // both directions of two links, and the plain one
		t.Errorf("only %d streams were captured", len(seen.streams))
	}
	for _, secret := range append(secrets, room, goods.ListingID) {
		for _, form := range formsOf(secret) {
			if seen.holds(form.bytes) {
				t.Errorf("the network saw %q as %s", secret, form.name)
			}
		}
	}
	if raw, err := hex.DecodeString(room); err != nil || seen.holds(raw) {
		t.Errorf("the network saw the room's ID (%v)", err)
	}
}

// form is a way in which a text may be written.
type form struct {
	name  string
	bytes []byte
}

// formsOf lists the ways, base64 at each of the three places where it can begin.
func formsOf(text string) []form {
	units := utf16.Encode([]rune(text))
	little, big := make([]byte, 0, 2*len(units)), make([]byte, 0, 2*len(units))
	for _, u := range units {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	forms := []form{
		{"UTF-8", []byte(text)},
		{"UTF-16, little endian", little},
		{"UTF-16, big endian", big},
		{"hex", []byte(hex.EncodeToString([]byte(text)))},
		{"a part of a URL", []byte(url.QueryEscape(text))},
	}
	for offset := range 3 {
		// Whole groups of three bytes come out as the same four characters whatever is around them.
		inner := []byte(text)[(3-offset)%3:]
		inner = inner[:len(inner)/3*3]
		forms = append(forms,
			form{fmt.Sprintf("base64 from %d", offset), []byte(base64.StdEncoding.EncodeToString(inner))},
			form{fmt.Sprintf("base64 for URLs from %d", offset), []byte(base64.URLEncoding.EncodeToString(inner))})
	}
	return forms
}

// plaintext sends a text in all its forms through a plain TCP connection from host 1 to host 2, each in two halves.
func plaintext(t *testing.T, lan *lanrig.LAN, text string) {
	t.Helper()
	var all []byte
	for _, form := range slices.Backward(formsOf(text)) { // UTF-8 last: stop waits for it
		all = append(all, form.bytes...)
		all = append(all, '\n')
	}
	file := filepath.Join(t.TempDir(), "plaintext")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener := lan.Command(2, self)
	listener.Env = append(listener.Environ(), plainVariable+"=listen")
	out, err := listener.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the plain listener did not start")
	}
	sender := lan.Command(1, "bash", "-c", `exec 3<>/dev/tcp/10.77.0.2/7777; half=$(($(stat -c %s "$0")/2)); head -c $half "$0" >&3; tail -c +$((half+1)) "$0" >&3`, file)
	if said, err := sender.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := listener.Wait(); err != nil {
		t.Fatal(err)
	}
}

// plainVariable makes TestMain start listenPlainly instead of the tests.
const plainVariable = "HAGGLE_E2E_PLAIN"

// listenPlainly says when it listens, and reads one connection to its end.
func listenPlainly() error {
	l, err := net.Listen("tcp", ":7777")
	if err != nil {
		return err
	}
	fmt.Println("listening")
	c, err := l.Accept()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c)
	return err
}

// recording is a tcpdump that runs.
type recording struct {
	cmd  *exec.Cmd
	file string
}

// record captures what host 1 sends and receives; on a LAN of two hosts that is everything but what the other says to
// nobody.
func record(t *testing.T, lan *lanrig.LAN) recording {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("skipped: needs tcpdump")
	}
	r := recording{file: filepath.Join(t.TempDir(), "packets")}
	r.cmd = lan.Command(1, "tcpdump", "-Z", "root", "-i", "eth0", "-U", "--immediate-mode", "-s", "0", "-B", "16384", "-w", r.file)
	said, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "listening on") {
			go func() {
				for lines.Scan() { // what it says at its end
				}
			}()
			return r
		}
	}
	t.Fatal("tcpdump did not start")
	return r
}

// stop ends the capture once what was sent last is in it, and reads it.
func (r recording) stop(t *testing.T, last []byte) *packets {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; <-time.After(50 * time.Millisecond) {
		if raw, err := os.ReadFile(r.file); err == nil && bytes.Contains(raw, last) {
			break
		}
	}
	if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	return readPackets(t, raw)
}

// packets is a capture, as it is and with the TCP streams put together.
type packets struct {
	packets int
	raw     []byte
	streams [][]byte
}

func (p *packets) holds(what []byte) bool {
	return bytes.Contains(p.raw, what) || slices.ContainsFunc(p.streams, func(s []byte) bool { return bytes.Contains(s, what) })
}

// readPackets reads the classic pcap format with Ethernet frames.
func readPackets(t *testing.T, raw []byte) *packets {
	t.Helper()
	const fileHeader, recordHeader, ethernet = 24, 16, 1
	if len(raw) < fileHeader || binary.LittleEndian.Uint32(raw) != 0xa1b2c3d4 || binary.LittleEndian.Uint32(raw[20:]) != ethernet {
		t.Fatalf("no capture of Ethernet: % x", raw[:min(len(raw), fileHeader)])
	}
	p := &packets{raw: raw}
	flows := map[string]map[uint32][]byte{}
	for rest := raw[fileHeader:]; len(rest) >= recordHeader; {
		size := int(binary.LittleEndian.Uint32(rest[8:]))
		if len(rest) < recordHeader+size {
			break
		}
		p.packets++
		if flow, seq, payload := tcpOf(rest[recordHeader : recordHeader+size]); len(payload) > 0 {
			if flows[flow] == nil {
				flows[flow] = map[uint32][]byte{}
			}
			if len(payload) > len(flows[flow][seq]) {
				flows[flow][seq] = payload
			}
		}
		rest = rest[recordHeader+size:]
	}
	for _, parts := range flows {
		p.streams = append(p.streams, inOrder(parts))
	}
	return p
}

// tcpOf takes an Ethernet frame apart; an empty payload if it carries none of TCP.
func tcpOf(frame []byte) (flow string, seq uint32, payload []byte) {
	const link, v4, v6, tcp, least = 14, 0x0800, 0x86dd, 6, 20
	if len(frame) < link+least {
		return "", 0, nil
	}
	ip, hosts := frame[link:], []byte(nil)
	switch binary.BigEndian.Uint16(frame[12:]) {
	case v4:
		total, header := int(binary.BigEndian.Uint16(ip[2:])), int(ip[0]&15)*4
		if total == 0 { // larger than a packet: the card would have split it
			total = len(ip)
		}
		if ip[9] != tcp || len(ip) < total || total < header+least {
			return "", 0, nil
		}
		hosts, ip = ip[12:20], ip[header:total]
	case v6:
		if ip[6] != tcp || len(ip) < 40+least {
			return "", 0, nil
		}
		hosts, ip = ip[8:40], ip[40:]
	default:
		return "", 0, nil
	}
	offset := int(ip[12]>>4) * 4
	if offset > len(ip) {
		return "", 0, nil
	}
	return fmt.Sprintf("%x %x", hosts, ip[:4]), binary.BigEndian.Uint32(ip[4:]), ip[offset:]
}

// inOrder puts the parts of a stream together, leaving out what was sent twice.
func inOrder(parts map[uint32][]byte) []byte {
	order := make([]uint32, 0, len(parts))
	var first uint32
	for seq := range parts {
		order, first = append(order, seq), seq
	}
	// Sequence numbers wrap: what counts is the distance.
	slices.SortFunc(order, func(a, b uint32) int { return int(int32(a-first)) - int(int32(b-first)) })
	var stream []byte
	next := order[0]
	for _, seq := range order {
		part := parts[seq]
		if skip := int(int32(next - seq)); skip > 0 {
			part = part[min(skip, len(part)):]
			seq += uint32(min(skip, len(parts[seq])))
		}
		if len(part) > 0 {
			stream = append(stream, part...)
			next = seq + uint32(len(part))
		}
	}
	return stream
}
