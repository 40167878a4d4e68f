package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"haggle/internal/lanrig"
)

// slow limits what reaches a host to so many megabytes a second.
func slow(t *testing.T, lan *lanrig.LAN, host, megabytes int) {
	t.Helper()
	cmd := lan.Command(host, "nft", "-f", "-")
	cmd.Stdin = bytes.NewBufferString(fmt.Sprintf(`table netdev slow {
	chain i {
		type filter hook ingress device eth0 priority 0; policy accept;
		limit rate over %d mbytes/second burst 512 kbytes drop
	}
}
`, megabytes))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// received is how many bytes have reached a host by now.
func received(t *testing.T, lan *lanrig.LAN, host int) int {
	t.Helper()
	out, err := lan.Command(host, "ip", "-j", "-s", "link", "show", "dev", "eth0").Output()
	if err != nil {
		t.Fatal(err)
	}
	var links []struct {
		Stats struct {
			RX struct{ Bytes int }
		} `json:"stats64"`
	}
	if err := json.Unmarshal(out, &links); err != nil || len(links) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return links[0].Stats.RX.Bytes
}

// TestPicturesPoint2Resumed shows point 2 of the issue, and D15, X4 and X8: the cable is pulled when half of a picture is
// there, then each program is killed; nothing that was there is sent again, and the picture is whole in the end. The
// message is told once.
func TestPicturesPoint2Resumed(t *testing.T) {
	lan, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	slow(t, lan, anna.place.host, 8)
	file := noiseFile(t, 2500, 1)
	before, w := received(t, lan, anna.place.host), anna.watch()
	m := shown(ben, room, fileOf(t, file), object{"original": true})
	size := m.Image.Bytes
	there := func(w watch, percent int) int {
		t.Helper()
		n, _ := await(w, patience, "image.progress", func(n progress) bool {
			return n.MessageID == m.MessageID && n.Received*100 >= size*percent
		})
		return n.Received
	}
	// resumes checks that anna goes on from where she was.
	resumes := func(what string, least int) {
		t.Helper()
		n, _ := await(anna.watch(), patience, "image.progress", func(n progress) bool { return n.MessageID == m.MessageID })
		t.Logf("%s: had %d %%, goes on from %d %%", what, least*100/size, n.Received*100/size)
		if n.Received < least || n.Received > size*95/100 {
			t.Errorf("%s: goes on from %d of %d, want from %d on and before the end", what, n.Received, size, least)
		}
	}

	had := there(w, 50)
	lan.Do("unplug", 2)
	awaitOffline(w, ben, patience)
	if image := messageIn(anna, room, m.MessageID).Image; image.State == "fetching" || image.State == "here" {
		t.Errorf("X4: without a link it is %s", image.State)
	}
	lan.Do("plug", 2)
	resumes("the cable", had)

	had = there(w, 60)
	anna.kill()
	anna = anna.restart()
	if image := messageIn(anna, room, m.MessageID).Image; image.Received < had {
		t.Errorf("the receiver was killed with %d bytes and has %d", had, image.Received)
	}
	resumes("the receiver killed", had)

	w = anna.fromStart()
	had = there(w, 75)
	ben.kill()
	ben = ben.restart()
	resumes("the sender killed", had)

	awaitWhole(w, m, patience)
	total := received(t, lan, anna.place.host) - before
	t.Logf("a picture of %d bytes took %d on the wire: %d %%", size, total, total*100/size)
	if total > size*125/100 {
		t.Errorf("a picture of %d bytes took %d on the wire: bytes were sent again", size, total)
	}
	if got := sha256.Sum256(save(anna, m)); hex.EncodeToString(got[:]) != m.Image.Hash {
		t.Error("the picture is another one")
	}
	wantSame(t, room, anna, ben)
	if n := len(history(anna, room)); n != 2 {
		t.Errorf("X8: the room has %d messages, want 2", n)
	}
}

// TestPicturesX4Lost shows X4: a picture that its sender has lost ends as failed, and comes when it is asked for again and
// can be had.
func TestPicturesX4Lost(t *testing.T) {
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	anna.quit()
	path := fileOf(t, smallFile(t, 1))
	m := shown(ben, room, path)
	files := blobs(t, ben)
	if len(files) != 1 {
		t.Fatalf("the sender's pictures are %v", files)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	anna = anna.restart()
	awaitReceived(anna.fromStart(), m, patience)
	awaitImage(anna.fromStart(), m, "failed", patience)
	wantRefused(anna, "notFound", "messages.saveImage", object{"messageId": m.MessageID, "path": fileOf(t, nil) + "2"})
	// Whoever sends it again has it again.
	again := shown(ben, room, path)
	if again.Image.Hash != m.Image.Hash {
		t.Fatal("the same file became another picture")
	}
	awaitReceived(anna.fromStart(), again, patience)
	awaitImage(anna.fromStart(), again, "here", patience)
	call[ofMessage](anna, "messages.fetchImage", object{"messageId": m.MessageID})
	awaitImage(anna.fromStart(), m, "here", patience)
}

// TestPicturesX3Waiting shows X3: what is sent while nobody is there waits with its picture and caption, survives a
// restart, and arrives; and what is cancelled before that does not.
func TestPicturesX3Waiting(t *testing.T) {
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	anna.quit()
	var sent []*request
	const count = 9
	for i := range count {
		sent = append(sent, show(ben, room, fileOf(t, smallFile(t, i)), object{"caption": fmt.Sprint("picture ", i)}))
	}
	sent = append(sent, say(ben, room, "after the pictures")...)
	list := said(ben, sent)
	if got := call[ofMessage](ben, "messages.cancel", object{"messageId": list[4].MessageID}).Message; got.State != "withdrawn" || got.Image != nil {
		t.Errorf("cancelled %s", jsonOf(got))
	}
	wantStates(t, ben, append(list[:4:4], list[5:]...), "waiting")
	ben.kill()
	ben = ben.restart()
	if n := len(blobs(t, ben)); n != count-1 {
		t.Errorf("%d pictures are on the disk, want %d", n, count-1)
	}
	anna = anna.restart()
	awaitReceived(anna.fromStart(), list[count], patience)
	for i, m := range list[:count] {
		if i != 4 {
			awaitImage(anna.fromStart(), m, "here", patience)
		}
	}
	awaitDelivered(ben.fromStart(), list[count], patience)
	want := append(list[:4:4], list[5:]...)
	for i, m := range history(anna, room)[1:] {
		if m.MessageID != want[i].MessageID || m.Text != want[i].Text {
			t.Errorf("message %d is %s, want %s", i, jsonOf(m), jsonOf(want[i]))
		}
	}
}

// TestPicturesA7Strangers shows A7: the picture of a stranger comes when the person asks for it, or answers, and stops
// when it is cancelled.
func TestPicturesA7Strangers(t *testing.T) {
	lan, anna, ben := pair(t)
	id := call[opened](ben, "rooms.open", object{"seller": anna.ready.PeerID}).Room.RoomID // a stranger to Anna
	first := shown(ben, id, fileOf(t, smallFile(t, 1)))
	second := shown(ben, id, fileOf(t, smallFile(t, 2)))
	large := shown(ben, id, fileOf(t, noiseFile(t, 2500, 3)), object{"original": true})
	awaitReceived(anna.fromStart(), large, patience)
	for _, m := range history(anna, id) {
		if m.Image == nil || m.Image.State != "waiting" || m.Image.Received != 0 {
			t.Errorf("a stranger's picture is %s", jsonOf(m.Image))
		}
	}
	call[ofMessage](anna, "messages.fetchImage", object{"messageId": second.MessageID})
	awaitImage(anna.fromStart(), second, "here", patience)
	if got := messageIn(anna, id, first.MessageID).Image; got.State != "waiting" || len(blobs(t, anna)) != 1 {
		t.Errorf("another picture of the stranger is %s", jsonOf(got))
	}
	slow(t, lan, anna.place.host, 4)
	w := anna.watch()
	call[ofRoom](anna, "rooms.accept", object{"roomId": id})
	await(w, patience, "image.progress", func(n progress) bool { return n.MessageID == large.MessageID && n.Received > n.Bytes/5 })
	awaitImage(w, first, "here", patience)
	if got := call[ofMessage](anna, "messages.cancel", object{"messageId": large.MessageID}).Message; got.Image.State != "cancelled" {
		t.Errorf("cancelled %s", jsonOf(got.Image))
	}
	stopped := messageIn(anna, id, large.MessageID).Image.Received
	awaitReceived(w, post(ben, id, "Still there?"), patience)
	if got := messageIn(anna, id, large.MessageID).Image; got.State != "cancelled" || got.Received != stopped || stopped == 0 {
		t.Errorf("it was stopped at %d and is %s", stopped, jsonOf(got))
	}
	anna.quit()
	anna = anna.restart()
	awaitOnline(anna.fromStart(), ben, patience)
	if got := messageIn(anna, id, large.MessageID).Image; got.State != "cancelled" {
		t.Errorf("after a restart it is %s", jsonOf(got))
	}
	call[ofMessage](anna, "messages.fetchImage", object{"messageId": large.MessageID})
	awaitWhole(anna.fromStart(), large, patience)
}
