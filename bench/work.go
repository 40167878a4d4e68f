package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// spread is a number of times.
type spread []time.Duration

// at is the time that percent of all do not exceed.
func (s spread) at(percent int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(s)-1, len(s)*percent/100)]
}

// text is number n of the texts: 100 bytes, one in 100,000 about a bicycle.
func text(n int) string {
	words := "这个东西还在吗？我想明天下午过来看看，可以便宜一点吗？" // 81 bytes
	if n%100_000 == 50_000 {
		words = "这辆自行车还在？我想明天下午过来看看，可以便宜一点吗？"
	}
	return fmt.Sprintf("%08d %s%s", n, words, strings.Repeat("x", 91-len(words)))
}

func (p *pair) lines(from, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(p.message(text(from + i)))
	}
	return b.Bytes()
}

// oneByOne is W1: send, the other side has it, the sender has the receipt, n times. It returns how long both took.
func (p *pair) oneByOne(n int) (arrived, told spread, err error) {
	there, back := p.to.so(received), p.from.so(delivered)
	for i := range n {
		line := []byte(p.message(text(i)))
		begun := time.Now()
		if err := p.from.write(line); err != nil {
			return nil, nil, err
		}
		here, err := p.to.wait(received, there+i+1)
		if err != nil {
			return nil, nil, err
		}
		sure, err := p.from.wait(delivered, back+i+1)
		if err != nil {
			return nil, nil, err
		}
		arrived = append(arrived, here.Sub(begun))
		if sure.Before(here) { // a store in the middle acknowledges before anybody reads
			sure = here
		}
		told = append(told, sure.Sub(begun))
	}
	return arrived, told, nil
}

// burst is W2: n as fast as possible, until the other side holds all.
func (p *pair) burst(n int) (time.Duration, error) {
	there, back := p.to.so(received), p.from.so(accepted)
	lines := p.lines(0, n)
	begun := time.Now()
	if err := p.from.write(lines); err != nil {
		return 0, err
	}
	here, err := p.to.wait(received, there+n)
	if err == nil {
		_, err = p.from.wait(accepted, back+n)
	}
	return here.Sub(begun), err
}

// away is W3: n sent while the other side is not there, from its start until it holds all. What is sent is counted from
// first on.
func (p *pair) away(first, n int) (time.Duration, error) {
	if err := p.to.stop(); err != nil {
		return 0, err
	}
	back := p.from.so(accepted)
	for sent := 0; sent < n; sent += 10_000 {
		some := min(10_000, n-sent)
		if err := p.from.write(p.lines(first+sent, some)); err != nil {
			return 0, err
		}
		if _, err := p.from.wait(accepted, back+sent+some); err != nil {
			return 0, err
		}
	}
	to, err := p.again()
	if err != nil {
		return 0, err
	}
	p.to = to
	here, err := to.wait(received, n)
	if errors.Is(err, errLagged) && p.newest != "" {
		here, err = p.look(fmt.Sprintf("%08d ", first+n-1))
	}
	return here.Sub(to.begun), err
}

// look asks for the newest message until it says what is expected: what one does who was told that notices were left out.
func (p *pair) look(text string) (time.Time, error) {
	for begun := time.Now(); time.Since(begun) < patience; <-time.After(20 * time.Millisecond) {
		answer, err := p.to.answer(p.newest)
		if err != nil {
			return time.Time{}, err
		}
		if strings.Contains(answer, text) {
			return time.Now(), nil
		}
	}
	return time.Time{}, errLagged
}
