package main

import (
	"bytes"
	"strings"
	"testing"

	"haggle/kiosk"
)

// TestKioskPIN: haggle kiosk-pin prints a line that a settings file takes, and refuses what is no PIN.
func TestKioskPIN(t *testing.T) {
	var out, messages bytes.Buffer
	if status := run([]string{"kiosk-pin"}, strings.NewReader("2468\n"), &out, &messages); status != statusDone {
		t.Fatalf("status %d: %s", status, messages.String())
	}
	line := out.String()
	if !strings.HasPrefix(line, "pin = '$argon2id$") || strings.Contains(line, "2468") {
		t.Errorf("printed is %q", line)
	}
	hash := strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "pin = "), "'")
	l := kiosk.Latch{Kept: func() ([]byte, error) { return []byte(`{"pin":"` + hash + `"}`), nil }, Keep: func([]byte) error { return nil }}
	if _, err := l.Open("2468"); err != nil {
		t.Errorf("the PIN does not open: %v", err)
	}
	for _, bad := range []string{"", "12\n", "letters\n"} {
		if status := run([]string{"kiosk-pin"}, strings.NewReader(bad), &out, &messages); status == statusDone {
			t.Errorf("%q is taken", bad)
		}
	}
}
