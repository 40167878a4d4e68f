//go:build !headless

package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// startBus runs a bus for this test and makes it that of the session.
func startBus(t *testing.T) {
	t.Helper()
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("skipped: needs dbus-daemon")
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
}

// service is somebody on the bus who owns a name.
func service(t *testing.T, name string) *dbus.Conn {
	t.Helper()
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	if _, err := bus.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return bus
}

// trayHost is a tray, which shows items or only registers them.
func trayHost(t *testing.T, shows bool) (*dbus.Conn, *prop.Properties) {
	t.Helper()
	bus := service(t, trayService)
	has := map[string]*prop.Prop{trayHas: {Value: shows}}
	p, err := prop.Export(bus, trayPath, prop.Map{trayService: has})
	if err != nil {
		t.Fatal(err)
	}
	return bus, p
}

// looks is a settings service.
type looks struct{}

// Read is the portal's.
func (looks) Read(namespace, key string) (dbus.Variant, *dbus.Error) {
	if namespace != "org.freedesktop.appearance" || key != "color-scheme" {
		return dbus.Variant{}, dbus.MakeFailedError(os.ErrNotExist)
	}
	return dbus.MakeVariant(dbus.MakeVariant(uint32(1))), nil
}

// TestF1WithoutATray: where nothing shows what a program puts beside the clock, there is no tray to close to.
func TestF1WithoutATray(t *testing.T) {
	check := func(name string) {
		t.Helper()
		d := openDesktop()
		if d.hasTrayNow() || d.look() {
			t.Errorf("%s: a tray %v, a look %v", name, d.hasTrayNow(), d.look())
		}
		env := map[string]string{}
		chooseLook(d, func(name string) string { return env[name] }, func(name, value string) error { env[name] = value; return nil })
		if env["FYNE_THEME"] != "light" {
			t.Errorf("%s: the look is %q", name, env["FYNE_THEME"])
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	check("no bus")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/gone")
	check("a bus that is gone")
	startBus(t)
	check("a bare bus")
	trayHost(t, false)
	check("a watcher that shows nothing")
}

// TestF1TrayGoesAway: the program hears when the tray it was closed to is gone, so that its window comes back.
func TestF1TrayGoesAway(t *testing.T) {
	startBus(t)
	host, p := trayHost(t, true)
	d := openDesktop()
	if !d.hasTrayNow() {
		t.Fatal("no tray")
	}
	news := make(chan bool, 8)
	d.watchTray(func(there bool) { news <- there })
	hear := func(how string, want bool) {
		t.Helper()
		select {
		case there := <-news:
			if there != want || d.hasTrayNow() != want {
				t.Errorf("%s: a tray %v, want %v", how, there, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: nobody hears of it", how)
		}
	}
	p.SetMust(trayService, trayHas, false)
	if err := host.Emit(trayPath, trayService+".StatusNotifierHostUnregistered"); err != nil {
		t.Fatal(err)
	}
	hear("the panel ended", false)
	p.SetMust(trayService, trayHas, true)
	if err := host.Emit(trayPath, trayService+".StatusNotifierHostRegistered"); err != nil {
		t.Fatal(err)
	}
	hear("it is back", true)
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	hear("the desktop's service ended", false)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestLook: a desktop that says what it prefers is left to the toolkit, and so is a person's choice.
func TestLook(t *testing.T) {
	startBus(t)
	bus := service(t, looksService)
	if err := bus.Export(looks{}, looksPath, "org.freedesktop.portal.Settings"); err != nil {
		t.Fatal(err)
	}
	d := openDesktop()
	defer func() { _ = d.Close() }()
	set := func(name, value string) error {
		t.Errorf("%s=%s", name, value)
		return nil
	}
	chooseLook(d, func(string) string { return "" }, set)
	chooseLook(bareDesktop{}, func(string) string { return "dark" }, set)
}
