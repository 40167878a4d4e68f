//go:build !headless

package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of the services of a Linux desktop that the program has a use for.
const (
	trayService  = "org.kde.StatusNotifierWatcher"
	trayPath     = "/StatusNotifierWatcher"
	trayHas      = "IsStatusNotifierHostRegistered"
	looksService = "org.freedesktop.portal.Desktop"
	looksPath    = "/org/freedesktop/portal/desktop"
)

// desktopPatience is how long a desktop may take to answer a question at the start.
const desktopPatience = 300 * time.Millisecond

// linuxDesktop is a connection to the desktop's bus, over which nothing goes until the desktop has news.
type linuxDesktop struct {
	bus *dbus.Conn

	mu   sync.Mutex
	tray bool
}

// openDesktop asks what there is: a desktop without a bus has neither a tray nor a look. It starts nothing.
func openDesktop() systemDesktop {
	opened := make(chan *linuxDesktop, 1)
	go func() {
		d, err := dialDesktop()
		if err != nil {
			d = nil
		}
		opened <- d
	}()
	select {
	case d := <-opened:
		if d != nil {
			return d
		}
	case <-time.After(desktopPatience):
		go func() { // it may still come
			if d := <-opened; d != nil {
				_ = d.Close()
			}
		}()
	}
	return bareDesktop{}
}

func dialDesktop() (*linuxDesktop, error) {
	bus, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, err
	}
	if err = bus.Auth(nil); err == nil {
		err = bus.Hello()
	}
	if err != nil {
		return nil, errors.Join(err, bus.Close())
	}
	d := &linuxDesktop{bus: bus}
	d.tray = d.hasTray()
	return d, nil
}

// look reports whether somebody answers when asked for light or dark. Who takes long may still answer.
func (d *linuxDesktop) look() bool {
	_, err := d.ask(looksService, looksPath, "org.freedesktop.portal.Settings.Read", "org.freedesktop.appearance", "color-scheme")
	return err == nil || errors.Is(err, context.DeadlineExceeded)
}

// hasTray asks whether there is something that shows the items that programs register.
func (d *linuxDesktop) hasTray() bool {
	v, err := d.ask(trayService, trayPath, "org.freedesktop.DBus.Properties.Get", trayService, trayHas)
	has, ok := v.Value().(bool)
	return err == nil && ok && has
}

func (d *linuxDesktop) ask(service string, path dbus.ObjectPath, method string, args ...any) (v dbus.Variant, err error) {
	ctx, stop := context.WithTimeout(d.bus.Context(), desktopPatience)
	defer stop()
	err = d.bus.Object(service, path).CallWithContext(ctx, method, 0, args...).Store(&v)
	return v, err
}

func (d *linuxDesktop) hasTrayNow() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tray
}

func (d *linuxDesktop) watchTray(changed func(there bool)) {
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, trayService)},
		{dbus.WithMatchInterface(trayService), dbus.WithMatchMember("StatusNotifierHostUnregistered")},
		{dbus.WithMatchInterface(trayService), dbus.WithMatchMember("StatusNotifierHostRegistered")},
	} {
		if err := d.bus.AddMatchSignal(match...); err != nil {
			d.noteTray(false, changed) // nobody would tell that it goes away
			return
		}
	}
	news := make(chan *dbus.Signal, 16)
	d.bus.Signal(news)
	d.noteTray(d.hasTray(), changed)
	go func() {
		for range news { // closed with the connection, which ends with the desktop's session, too
			d.noteTray(d.hasTray(), changed)
		}
		d.noteTray(false, changed)
	}()
}

func (d *linuxDesktop) noteTray(has bool, changed func(there bool)) {
	d.mu.Lock()
	other := d.tray != has
	d.tray = has
	d.mu.Unlock()
	if other {
		changed(has)
	}
}

// Close ends the connection.
func (d *linuxDesktop) Close() error { return d.bus.Close() }

// bareDesktop is one without a bus.
type bareDesktop struct{}

func (bareDesktop) look() bool           { return false }
func (bareDesktop) hasTrayNow() bool     { return false }
func (bareDesktop) watchTray(func(bool)) {}
func (bareDesktop) Close() error         { return nil }
