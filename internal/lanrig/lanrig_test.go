package lanrig_test

import (
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// entered reports whether a UDP packet that host 1 sends reaches the switch.
func entered(t *testing.T, lan *lanrig.LAN) bool {
	t.Helper()
	lan.Do("count", "start")
	_ = lan.Command(1, "bash", "-c", "echo x >/dev/udp/10.77.0.2/5353").Run()
	return lan.Packets() > 0
}

func TestCable(t *testing.T) {
	lan := lanrig.Up(t, 2)
	if !entered(t, lan) {
		t.Fatal("no packet on a whole LAN")
	}
	lan.Do("unplug", 1)
	if entered(t, lan) {
		t.Fatal("a packet passed a pulled cable")
	}
	lan.Do("plug", 1)
	for deadline := time.Now().Add(10 * time.Second); !entered(t, lan); {
		if time.Now().After(deadline) {
			t.Fatal("no packet after the cable is back")
		}
	}
}

func TestOtherHostsInterface(t *testing.T) {
	a, b := lanrig.Up(t, 1), lanrig.Up(t, 1, lanrig.Network("10.88.0"))
	a.Do("addif", 1, b, "10.88.0.77/24")
	out, err := a.Command(1, "ip", "-br", "-4", "addr", "show", "eth1").CombinedOutput()
	if err != nil || len(out) == 0 {
		t.Fatalf("eth1: %v: %s", err, out)
	}
}
