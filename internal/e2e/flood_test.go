package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// floodVariable makes TestMain send so many hostile packets instead of running the tests.
const floodVariable = "HAGGLE_E2E_FLOOD"

var mdnsGroup = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// flood listens to what is announced by its eth0, and sends it again in all bad ways: bytes changed, cut off, as goodbyes,
// with other addresses and other names, as questions.
func flood(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		return err
	}
	c, err := net.ListenMulticastUDP("udp4", eth0, mdnsGroup)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	fmt.Println("listening")
	var heard [][]byte
	buf := make([]byte, 1<<16)
	for len(heard) < 4 {
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		size, err := c.Read(buf)
		if err != nil {
			return err
		}
		if bytes.Contains(buf[:size], []byte("_haggle")) && buf[2]&0x80 != 0 {
			heard = append(heard, slices.Clone(buf[:size]))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	sent := 0
	for k := range n {
		if _, err := c.WriteTo(spoil(random, k, heard[random.IntN(len(heard))]), mdnsGroup); err == nil {
			sent++
		}
	}
	fmt.Println(sent)
	return nil
}

// spoil makes the k-th packet of a flood of one that was heard.
func spoil(random *rand.Rand, k int, packet []byte) []byte {
	packet = slices.Clone(packet)
	each := func(what []byte, do func(at []byte)) {
		for at := 0; at+len(what) <= len(packet); at++ {
			if bytes.Equal(packet[at:at+len(what)], what) {
				do(packet[at : at+len(what)])
			}
		}
	}
	noise := func(b []byte) {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
	}
	switch k % 8 {
	case 0: // as it was
	case 1: // a goodbye
		each([]byte{0, 0, 0, 120}, func(at []byte) { clear(at) })
	case 2: // elsewhere
		each([]byte{10, 77, 0}, noise)
	case 3: // of another peer, at other ports too
		each([]byte("_haggle"), func(at []byte) { noise(at[:1]) })
	case 4: // as a question
		packet[2] &^= 0x80
	case 5:
		packet = make([]byte, 1+random.IntN(1400))
		noise(packet)
	default:
		for range 1 + random.IntN(8) {
			packet[random.IntN(len(packet))] = byte(random.Uint32())
		}
		packet = packet[:1+random.IntN(len(packet))]
	}
	return packet
}

// TestHostilePackets shows that whoever floods the network with forged and broken announcements parts nobody, and costs
// no memory and no log.
func TestHostilePackets(t *testing.T) {
	short(t)
	packets := 20_000
	if soak {
		packets = 400_000
	}
	lan := lanrig.Up(t, 4)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	all := []*program{anna, ben}
	ws := []watch{anna.watch(), ben.watch()}
	attack(t, lan, packets/10, anna, ben, room) // what work costs is no growth
	var before []float64
	for _, p := range all {
		before = append(before, residentMB(t, p))
	}
	begun := time.Now()
	t.Log(attack(t, lan, packets, anna, ben, room))
	took := time.Since(begun)
	meet(t, anna, ben, home(t, lan, 3).start(t))
	for i, p := range all {
		other := all[1-i].ready.PeerID
		list, _, _ := p.since(ws[i].from)
		for _, n := range list {
			if n.method == "peer.offline" && bytes.Contains(n.params, []byte(other)) {
				t.Errorf("host %d: the other was called offline", i+1)
			}
		}
		after := residentMB(t, p)
		log, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(log, []byte("\n"))
		t.Logf("host %d: %.1f MB became %.1f MB, %d lines of log", i+1, before[i], after, lines)
		if after > before[i]+10 {
			t.Errorf("host %d: grew from %.1f to %.1f MB", i+1, before[i], after)
		}
		if most := 5 + int(took/time.Second); lines > most {
			t.Errorf("host %d: %d lines of log, want at most %d", i+1, lines, most)
		}
	}
}

// attack floods the LAN from host 4 while two people go on talking, and tells how much was sent.
func attack(t *testing.T, lan *lanrig.LAN, packets int, anna, ben *program, room string) string {
	t.Helper()
	cmd := lan.Command(4, os.Args[0])
	cmd.Env = append(cmd.Env, floodVariable+"="+strconv.Itoa(packets))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	announces := home(t, lan, 3).start(t) // for the attacker to hear
	defer announces.kill()
	for k := 0; ; k++ {
		w := anna.watch()
		awaitReceived(w, post(ben, room, fmt.Sprintf("Meanwhile %d", k)), patience)
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("attack: %v: %s", err, out.String())
			}
			return fmt.Sprintf("%s packets in %v", strings.Fields(out.String())[1], time.Since(begun).Round(time.Millisecond))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// residentMB is how much memory a process holds.
func residentMB(t *testing.T, p *program) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb / 1024
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
