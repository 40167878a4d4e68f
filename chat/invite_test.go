package chat_test

import (
	"strings"
	"testing"

	"haggle/chat"
)

func TestInvite(t *testing.T) {
	id := seeded(1)
	for _, addresses := range []string{
		"10.0.0.5:42445", "10.0.0.5:1,10.0.0.6:65535", "[fe80::1%eth0]:42445", "anna.local:42445", "[::1]:7,127.0.0.1:7",
	} {
		line := "haggle:" + id.String() + "@" + addresses
		got, err := chat.ParseInvite(line)
		if err != nil || got.Peer != id || strings.Join(got.Addresses, ",") != addresses || got.String() != line {
			t.Errorf("ParseInvite(%q) = %v, %v", line, got, err)
		}
	}
	forgiving := " HAGGLE:" + strings.ToLower(strings.ReplaceAll(id.String(), "-", " ")) + "@10.0.0.5:42445\n"
	if got, err := chat.ParseInvite(forgiving); err != nil || got.Peer != id {
		t.Errorf("ParseInvite(%q) = %v, %v", forgiving, got, err)
	}
}

func TestInviteRefuses(t *testing.T) {
	id := seeded(1).String()
	for _, bad := range []string{
		"", "haggle:", id, "haggle:" + id, "haggle:" + id + "@", "haggle:" + id[1:] + "@10.0.0.5:1", "http:" + id + "@10.0.0.5:1",
		"haggle:" + id + "@10.0.0.5", "haggle:" + id + "@10.0.0.5:", "haggle:" + id + "@10.0.0.5:0", "haggle:" + id + "@10.0.0.5:65536",
		"haggle:" + id + "@:42445", "haggle:" + id + "@fe80::1:42445", "haggle:" + id + "@[fe80::1:42445", "haggle:" + id + "@[10.0.0.5]:1",
		"haggle:" + id + "@a b:1", "haggle:" + id + "@10.0.0.5:1,,10.0.0.6:1", "haggle:" + id + "@\u202ea:1", "haggle:" + id + "@a/b:1",
		"haggle:" + id + "@" + strings.TrimSuffix(strings.Repeat("10.0.0.5:1,", 9), ","), "haggle:" + id + "@" + strings.Repeat("a", 2000) + ":1",
	} {
		if got, err := chat.ParseInvite(bad); err == nil {
			t.Errorf("ParseInvite(%q) = %v", bad, got)
		}
	}
}

func FuzzParseInvite(f *testing.F) {
	id := seeded(1).String()
	f.Add("haggle:" + id + "@10.0.0.5:42445")
	f.Add("haggle:" + id + "@[fe80::1%eth0]:42445,anna.local:7")
	f.Add("haggle:@:0")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := chat.ParseInvite(s)
		if err != nil {
			return
		}
		again, err := chat.ParseInvite(i.String())
		if err != nil || again.String() != i.String() {
			t.Fatalf("ParseInvite(%q) does not round-trip: %v", s, err)
		}
	})
}
