package discovery

import (
	"net/netip"
	"time"
)

const (
	sourceRate  = 100 // packets a second
	sourceBurst = 200
	socketRate  = 2000 // packets a second from all sources of a socket
	socketBurst = 4000
	maxSources  = 1024 // buckets per socket; sources beyond them share one
	answerRate  = 50   // unicast answers a second
	answerBurst = 100
)

// bucket holds tokens that come back with time. Its zero value is full.
type bucket struct {
	spent float64
	at    time.Time
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.spent+1 > burst {
		return false
	}
	b.spent++
	return true
}

// intake bounds the packets that a socket takes in, so that a flood from one source does not drown the others.
type intake struct {
	all     bucket
	rest    bucket
	sources map[netip.Addr]*bucket
	swept   time.Time
}

func (n *intake) admit(now time.Time, source netip.Addr) bool {
	b := n.sources[source]
	if b == nil {
		b = n.admitSource(now, source)
	}
	return b.take(now, sourceRate, sourceBurst) && n.all.take(now, socketRate, socketBurst)
}

// admitSource gives a new source a bucket of its own, or the shared one while there are too many.
func (n *intake) admitSource(now time.Time, source netip.Addr) *bucket {
	if len(n.sources) >= maxSources && now.Sub(n.swept) > time.Second {
		n.swept = now
		for a, b := range n.sources {
			if now.Sub(b.at) > sourceBurst/sourceRate*time.Second {
				delete(n.sources, a) // it is full again
			}
		}
	}
	if len(n.sources) >= maxSources {
		return &n.rest
	}
	if n.sources == nil {
		n.sources = make(map[netip.Addr]*bucket)
	}
	n.sources[source] = new(bucket)
	return n.sources[source]
}
