package window

import (
	"bufio"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// panel is a desktop with a bus, a place beside the clock and notifications, as programs see it.
type panel struct {
	t       testing.TB
	address string
	bus     *dbus.Conn
	has     *prop.Properties

	mu    sync.Mutex
	items []string // bus names of those beside the clock
	told  []string // notifications: title, body
}

const (
	watcher     = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemPath    = "/StatusNotifierItem"
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
	showsItems  = "IsStatusNotifierHostRegistered"
	notices     = "org.freedesktop.Notifications"
)

func newPanel(t testing.TB) *panel {
	t.Helper()
	if tool := Missing("dbus-daemon"); tool != "" {
		t.Skipf("skipped: needs %s", tool)
	}
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p := &panel{t: t, address: strings.TrimSpace(address)}
	if p.bus, err = dbus.Connect(p.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.bus.Close() })
	if p.has, err = prop.Export(p.bus, watcherPath, prop.Map{watcher: {showsItems: {Value: true}}}); err != nil {
		t.Fatal(err)
	}
	for _, e := range []error{
		p.bus.Export(registry{p}, watcherPath, watcher),
		p.bus.Export(bell{p}, "/org/freedesktop/Notifications", notices),
	} {
		if e != nil {
			t.Fatal(e)
		}
	}
	for _, name := range []string{watcher, notices} {
		if _, err := p.bus.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// registry is where programs register what they want beside the clock.
type registry struct{ p *panel }

// RegisterStatusNotifierItem is for programs.
func (r registry) RegisterStatusNotifierItem(sender dbus.Sender, _ string) *dbus.Error {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	r.p.items = append(r.p.items, string(sender))
	return nil
}

// bell shows notifications.
type bell struct{ p *panel }

// Notify is for programs.
func (b bell) Notify(_ string, _ uint32, _, title, body string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	b.p.told = append(b.p.told, title+": "+body)
	return uint32(len(b.p.told)), nil
}

func (p *panel) notified() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.told, "\n")
}

// item is the last that was registered; nil if none was.
func (p *panel) item(path dbus.ObjectPath) dbus.BusObject {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.items) == 0 {
		return nil
	}
	return p.bus.Object(p.items[len(p.items)-1], path)
}

// look is what stands beside the clock: the icon's picture, its tooltip and the labels of its menu, by their numbers.
func (p *panel) look() (icon, tip string, menu map[string]int32) {
	o := p.item(itemPath)
	if o == nil {
		return "", "", nil
	}
	type pixmap struct {
		Width, Height int32
		Data          []byte
	}
	var pictures []pixmap
	if v, err := o.GetProperty(itemName + ".IconPixmap"); err == nil && v.Store(&pictures) == nil && len(pictures) > 0 {
		icon = string(pictures[0].Data)
	}
	var tooltip struct {
		Icon        string
		Pictures    []pixmap
		Title, Text string
	}
	if v, err := o.GetProperty(itemName + ".ToolTip"); err == nil && v.Store(&tooltip) == nil {
		tip = tooltip.Title
	}
	type layout struct {
		ID       int32
		Values   map[string]dbus.Variant
		Children []dbus.Variant
	}
	var revision uint32
	var top layout
	call := p.item(itemPath+"/menu").Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{})
	if call.Err != nil || call.Store(&revision, &top) != nil {
		return icon, tip, nil
	}
	menu = map[string]int32{}
	for _, c := range top.Children {
		var l layout
		if err := c.Store(&l); err != nil {
			continue
		}
		if label, ok := l.Values["label"].Value().(string); ok {
			menu[label] = l.ID
		}
	}
	return icon, tip, menu
}

// click chooses a line of the menu.
func (p *panel) click(label string) {
	p.t.Helper()
	_, _, menu := p.look()
	id, ok := menu[label]
	if !ok {
		p.t.Fatalf("the menu has no %q, but %v", label, menu)
	}
	if err := p.item(itemPath+"/menu").Call(menuName+".Event", 0, id, "clicked", dbus.MakeVariant(""), uint32(0)).Err; err != nil {
		p.t.Fatal(err)
	}
}

// end takes the place beside the clock away, as a panel does that crashes.
func (p *panel) end() {
	p.t.Helper()
	p.has.SetMust(watcher, showsItems, false)
	if err := p.bus.Emit(watcherPath, watcher+".StatusNotifierHostUnregistered"); err != nil {
		p.t.Fatal(err)
	}
}
