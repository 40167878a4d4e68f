package chat

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

// What is left to test inside the package: the field format below every body and record.

func TestEachField(t *testing.T) {
	max := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}
	for name, c := range map[string]struct {
		in   []byte
		want []field
		bad  bool
	}{
		"nothing":             {in: nil},
		"varint":              {in: []byte{0x08, 0x05}, want: []field{{tag: 1, isInt: true, value: 5}}},
		"largest varint":      {in: append([]byte{0x08}, max...), want: []field{{tag: 1, isInt: true, value: math.MaxUint64}}},
		"bytes":               {in: []byte{0x12, 0x02, 'h', 'i'}, want: []field{{tag: 2, data: []byte("hi")}}},
		"a list":              {in: []byte{0x12, 0x01, 'a', 0x12, 0x01, 'b'}, want: []field{{tag: 2, data: []byte("a")}, {tag: 2, data: []byte("b")}}},
		"large tag":           {in: []byte{0x80, 0x80, 0x80, 0x04, 0x01}, want: []field{{tag: 1 << 20, isInt: true, value: 1}}},
		"tag too large":       {in: []byte{0x88, 0x80, 0x80, 0x04, 0x01}, bad: true},
		"tag of 2^61":         {in: append(max[:9:9], 0x01, 0x01), bad: true},
		"tag zero":            {in: []byte{0x00, 0x01}, bad: true},
		"falling tags":        {in: []byte{0x10, 0x01, 0x08, 0x01}, bad: true},
		"wire type 1":         {in: []byte{0x09, 0, 0, 0, 0, 0, 0, 0, 0}, bad: true},
		"wire type 3":         {in: []byte{0x0b, 0x0c}, bad: true},
		"wire type 5":         {in: []byte{0x0d, 0, 0, 0, 0}, bad: true},
		"zero written out":    {in: []byte{0x08, 0x00}, bad: true},
		"nothing written out": {in: []byte{0x12, 0x00}, bad: true},
		"long varint":         {in: []byte{0x08, 0x85, 0x00}, bad: true},
		"long key":            {in: []byte{0x88, 0x00, 0x05}, bad: true},
		"long length":         {in: []byte{0x12, 0x82, 0x00, 'h', 'i'}, bad: true},
		"short varint":        {in: []byte{0x08, 0x80}, bad: true},
		"no value":            {in: []byte{0x08}, bad: true},
		"overflowing varint":  {in: append([]byte{0x08}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02), bad: true},
		"short bytes":         {in: []byte{0x12, 0x03, 'h', 'i'}, bad: true},
		"a length of 2^64-1":  {in: append([]byte{0x12}, max...), bad: true},
	} {
		var got []field
		err := eachField(c.in, func(f field) error { got = append(got, f); return nil })
		if c.bad {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v, want ErrMalformed", name, err)
			}
			continue
		}
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		for i, f := range got {
			w := c.want[i]
			if f.tag != w.tag || f.isInt != w.isInt || f.value != w.value || !bytes.Equal(f.data, w.data) {
				t.Errorf("%s: field %d is %+v, want %+v", name, i, f, w)
			}
		}
	}
	stop := errors.New("stop")
	if err := eachField([]byte{0x08, 1, 0x10, 1}, func(field) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the visitor's error becomes %v", err)
	}
}

// FuzzEachField: what is read and written again is the same bytes.
func FuzzEachField(f *testing.F) {
	f.Add([]byte{0x08, 0x05, 0x12, 0x02, 'h', 'i'})
	f.Add([]byte{0x80, 0x80, 0x80, 0x04, 0x01})
	f.Add([]byte{0x12, 0x01, 'a', 0x12, 0x01, 'b', 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again fields
		err := eachField(b, func(f field) error {
			if f.isInt {
				again.uint(f.tag, f.value)
			} else {
				again.bytes(f.tag, f.data)
			}
			return nil
		})
		if err == nil && !bytes.Equal(again.b, b) {
			t.Errorf("%x is written again as %x", b, again.b)
		}
	})
}

func TestVarints(t *testing.T) {
	for _, v := range []int64{0, 1, -1, 63, -64, 64, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		r := reader{b: appendVarint(nil, v)}
		if got := r.varint(); got != v || r.bad || len(r.b) != 0 {
			t.Errorf("%d is read as %d", v, got)
		}
	}
	r := reader{b: []byte{1, 2}}
	if r.take(3) != nil || !r.bad || r.uvarint() != 0 || r.hash() != (Hash{}) || r.take(1) != nil {
		t.Error("a short read is not remembered")
	}
}
