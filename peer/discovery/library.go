package discovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
)

const (
	libraryTimeout = 300 * time.Millisecond
	libraryEntries = 2048 // the library drops what does not fit
)

var (
	errLibrary = errors.New("mDNS library failed")
	// noLog takes the library's log: it prints a line per bad packet.
	noLog = log.New(io.Discard, "", 0)
)

// zone answers the library's responder, which sends all by unicast. On Linux the library hears what comes in by any
// interface and cannot tell by which: on a machine with several it would give away one network's addresses in another.
// So it speaks where there is one, to askers that want unicast, and otherwise only while our own sockets cannot.
type zone struct {
	current atomic.Pointer[records] // nil: silent
	unicast atomic.Bool             // answer questions that want a unicast answer
	all     atomic.Bool             // answer all questions
	allow   func() bool             // the limit on unicast answers
}

// Records implements mdns.Zone. The library calls it from goroutines of its own, where a panic would end the program.
func (z *zone) Records(q dns.Question) (answer []dns.RR) {
	defer func() {
		if recover() != nil {
			answer = nil
		}
	}()
	r := z.current.Load()
	if r == nil || !z.all.Load() && (!z.unicast.Load() || q.Qclass&classTop == 0) {
		return nil
	}
	what := r.subject(q)
	switch {
	case what == nothing || !z.allow():
		return nil
	case what == kinds:
		return kindsAnswer()
	}
	return r.plain(recordTTL)
}

// respond starts the library's responder on an interface; the returned function stops it.
func respond(i netInterface, z *zone) (stop func(), err error) {
	defer caught(&err)
	r, err := mdns.NewServer(&mdns.Config{Zone: z, Iface: netIf(i), Logger: noLog})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLibrary, err)
	}
	return func() {
		defer caught(new(error))
		_ = r.Shutdown()
	}, nil
}

// ask runs one query of the library, which takes libraryTimeout. One family per call, since an interface without IPv6
// would end the IPv4 half too. The library writes to entries after it has handed them over: they are read only after it
// has returned.
func ask(ctx context.Context, i netInterface, f family) (out []found, err error) {
	defer caught(&err)
	entries := make(chan *mdns.ServiceEntry, libraryEntries)
	err = mdns.QueryContext(ctx, &mdns.QueryParam{
		Service: kind, Domain: "local", Timeout: libraryTimeout, Interface: netIf(i), Entries: entries,
		WantUnicastResponse: true, DisableIPv4: f != ipv4Family, DisableIPv6: f != ipv6Family, Logger: noLog,
	})
	for range len(entries) {
		if f, ok := foundByLibrary(<-entries); ok {
			out = append(out, f)
		}
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", errLibrary, err)
	}
	return out, err
}

// foundByLibrary checks an entry like a packet: the library returns entries of any kind with anything in them.
func foundByLibrary(e *mdns.ServiceEntry) (found, bool) {
	in, ok := parseInstance(e.Name)
	host, okHost := parseHost(e.Host)
	t, err := parseTXT(e.InfoFields)
	if !ok || !okHost || host != in || err != nil || e.Port < minPort || e.Port > 65535 || instanceOf(in.peer, t.device) != in {
		return found{}, false
	}
	f := found{instance: in, txt: t, port: uint16(e.Port), lifetime: maxLifetime}
	add := func(raw net.IP) {
		if ip, ok := netip.AddrFromSlice(raw); ok {
			f.addrs = append(f.addrs, ip.Unmap())
		}
	}
	add(e.AddrV4)
	if e.AddrV6IPAddr != nil {
		add(e.AddrV6IPAddr.IP)
	}
	return f, true
}

func netIf(i netInterface) *net.Interface {
	return &net.Interface{Index: i.index, Name: i.name, Flags: i.flags}
}

// caught turns a panic of the library into an error.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: panic: %v", errLibrary, r)
	}
}
