package rpc

import (
	"fmt"
	"strings"
	"testing"
)

// drain takes everything from an outbox, by the names in its items.
func drain(o *outbox) string {
	var b strings.Builder
	for {
		it, _ := o.take()
		switch {
		case it == nil:
			return strings.TrimSpace(b.String())
		case it.line != nil:
			b.Write(it.line)
		default:
			fmt.Fprintf(&b, "dropped:%d", it.make().(noticeShape).Params.(lagged).Dropped)
		}
		b.WriteByte(' ')
	}
}

// put queues items by name: a capital is an answer, "name:key" replaces what has the key, "name/size" is so large.
func put(o *outbox, names string) {
	for _, name := range strings.Fields(names) {
		it := &item{line: []byte(name), answer: name[0] >= 'A' && name[0] <= 'Z'}
		if _, key, ok := strings.Cut(name, ":"); ok {
			it.key = key
		}
		if _, size, ok := strings.Cut(name, "/"); ok {
			_, _ = fmt.Sscan(size, &it.size)
		}
		o.add(it)
	}
}

func TestOutboxOrder(t *testing.T) {
	for _, c := range []struct{ put, want string }{
		{"A b C d", "A b C d"},
		{"a:x b A c:x", "b A c:x"},     // what changed is told once, after the answer
		{"a:x b:y c:x d:y", "c:x d:y"}, // and each for itself
		{"a b c A d", "a b c A d"},     // four notices fit
		{"a b c A d e f", "A dropped:5 f"},
		{"a b c d e A f g h i j B", "A dropped:10 B"},
		{"a:x b:x c:x d:x e:x f:x", "f:x"}, // what is replaced is not dropped
		{"a:x b c d e f:x g:x", "dropped:5 g:x"},
		{"a/33554432 b/1 A c", "dropped:2 A c"}, // sizes count, too
	} {
		o := newOutbox()
		o.notices = 4
		put(o, c.put)
		if got := drain(o); got != c.want {
			t.Errorf("%s came out as %s, want %s", c.put, got, c.want)
		}
		if o.sums != newOutbox().sums || len(o.keyed) != 0 {
			t.Errorf("%s left %v, %v", c.put, o.sums, o.keyed)
		}
	}
}

func TestOutboxLagsAgain(t *testing.T) {
	o := newOutbox()
	o.notices = 2
	put(o, "a b c A")
	if got := drain(o); got != "dropped:3 A" {
		t.Error(got)
	}
	put(o, "d e f g")
	if got := drain(o); got != "dropped:3 g" {
		t.Error(got)
	}
}

func TestOutboxWait(t *testing.T) {
	o := newOutbox()
	for range maxAnswers {
		put(o, "A")
	}
	entered, waited := make(chan struct{}), make(chan struct{})
	go func() {
		close(entered)
		o.wait()
		close(waited)
	}()
	<-entered
	if !o.full() {
		t.Error("it is not full")
	}
	_, _ = o.take()
	<-waited
	put(o, "A")
	go o.close()
	o.wait() // a closed outbox keeps nobody
	put(o, "B")
	if got := strings.Count(drain(o), "A"); got != maxAnswers {
		t.Errorf("%d answers came out", got)
	}
}
