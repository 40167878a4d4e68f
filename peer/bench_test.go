package peer

import (
	"slices"
	"testing"
	"time"

	"haggle/chat"
)

// linkedPair starts two linked nodes.
func linkedPair(tb testing.TB) (a, b *rig) {
	tb.Helper()
	a, b = newRig(tb), newRig(tb)
	a.Keep([]chat.Wanted{{Peer: b.self}})
	a.dial(b)
	await[chat.LinkUp](a)
	await[chat.LinkUp](b)
	return a, b
}

// BenchmarkRoundTrip sends one small frame there and one back: what a message and its receipt take besides the disks.
func BenchmarkRoundTrip(b *testing.B) {
	near, far := linkedPair(b)
	back := chat.ReceiptFrame{Device: chat.DeviceID{1}, Delivered: 1}
	go func() {
		for e := range far.Events() {
			if f, ok := e.(chat.FrameReceived); ok {
				_ = far.Send(f.Remote, back)
			}
		}
	}()
	there := chat.Entries{Device: chat.DeviceID{1}, Groups: [][]byte{make([]byte, 250)}}
	var times []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		if err := near.Send(far.remote(), there); err != nil {
			b.Fatal(err)
		}
		await[chat.FrameReceived](near)
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds())/1e3, "p99-µs")
}

// BenchmarkThroughput sends frames of a catch-up one way, a few in flight as chat's cursors allow.
func BenchmarkThroughput(b *testing.B) {
	near, far := linkedPair(b)
	const size, inFlight = 180 << 10, 6
	frame := chat.Entries{Device: chat.DeviceID{1}, Groups: [][]byte{make([]byte, size)}}
	for range inFlight {
		if err := near.Send(far.remote(), frame); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if err := near.Send(far.remote(), frame); err != nil {
			b.Fatal(err)
		}
		await[chat.FrameReceived](far)
	}
}
