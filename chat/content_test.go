package chat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"haggle/chat"
)

var (
	someAbout = chat.About{Listing: chat.ListingID{1}, Version: 7, Hash: chat.Hash{2}}
	someImage = chat.Image{Hash: chat.Hash{3}, Size: 1 << 20, Width: 4096, Height: 3072, Type: "jpeg", Thumbnail: []byte{9, 9}}
)

func TestBodyRoundTrip(t *testing.T) {
	for name, b := range map[string]chat.Body{
		"text":               {Kind: chat.KindText, Text: "hello, 世界"},
		"text about goods":   {Kind: chat.KindText, Text: "still there?", About: &someAbout},
		"picture":            {Kind: chat.KindImage, Image: &someImage},
		"picture, captioned": {Kind: chat.KindImage, Text: "this one", Image: &someImage, About: &someAbout},
		"withdrawal":         {Kind: chat.KindWithdrawal, Seq: math.MaxUint64},
	} {
		raw := b.Encode()
		got, err := chat.DecodeBody(b.Kind, raw)
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
		if !bytes.Equal(got.Encode(), raw) {
			t.Errorf("%s is written again as other bytes", name)
		}
	}
}

// varint and chunk write one field by hand.
func varint(tag int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(tag)<<3), v)
}

func chunk(tag int, data string) []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(tag)<<3|2), uint64(len(data)))
	return append(b, data...)
}

func TestDecodeBodyRefuses(t *testing.T) {
	hash := strings.Repeat("h", 32)
	for name, c := range map[string]struct {
		kind chat.Kind
		raw  []byte
	}{
		"unknown kind":          {4, chunk(1, "x")},
		"kind 0":                {0, chunk(1, "x")},
		"text without text":     {chat.KindText, nil},
		"text that is a number": {chat.KindText, varint(1, 5)},
		"text that is no UTF-8": {chat.KindText, chunk(1, "\xff")},
		"half a rune":           {chat.KindText, chunk(1, "\xe4\xb8")},
		"picture without one":   {chat.KindImage, chunk(1, "caption")},
		"short picture hash":    {chat.KindImage, chunk(5, hash[1:])},
		"picture hash a number": {chat.KindImage, varint(5, 1)},
		"picture of 1 GiB + 1":  {chat.KindImage, append(chunk(5, hash), varint(6, 1<<30+1)...)},
		"picture of 2^64-1":     {chat.KindImage, append(chunk(5, hash), varint(6, math.MaxUint64)...)},
		"wide picture":          {chat.KindImage, append(chunk(5, hash), varint(7, 1<<16+1)...)},
		"tall picture":          {chat.KindImage, append(chunk(5, hash), varint(8, math.MaxUint32+1)...)},
		"size as bytes":         {chat.KindImage, append(chunk(5, hash), chunk(6, "x")...)},
		"picture type a number": {chat.KindImage, append(chunk(5, hash), varint(9, 1)...)},
		"thumbnail a number":    {chat.KindImage, append(chunk(5, hash), varint(10, 1)...)},
		"long picture type":     {chat.KindImage, append(chunk(5, hash), chunk(9, "jpegjpegj")...)},
		"withdrawal of nothing": {chat.KindWithdrawal, nil},
		"withdrawal as bytes":   {chat.KindWithdrawal, chunk(11, "x")},
		"short listing":         {chat.KindText, append(chunk(1, "x"), chunk(2, "short")...)},
		"short listing hash":    {chat.KindText, append(chunk(1, "x"), chunk(4, "short")...)},
		"version as bytes":      {chat.KindText, append(chunk(1, "x"), chunk(3, "7")...)},
		"falling tags":          {chat.KindText, append(varint(3, 7), chunk(1, "x")...)},
		"garbage":               {chat.KindText, []byte{0xff, 0xff, 0xff}},
	} {
		if b, err := chat.DecodeBody(c.kind, c.raw); !errors.Is(err, chat.ErrMalformed) || !reflect.DeepEqual(b, chat.Body{Kind: c.kind}) {
			t.Errorf("%s is read as %+v, %v, want ErrMalformed and nothing of it", name, b, err)
		}
	}
	more := append(chunk(1, "x"), chunk(500, "of a newer version")...)
	if b, err := chat.DecodeBody(chat.KindText, more); err != nil || b.Text != "x" {
		t.Errorf("a text with a field of a newer version: %+v, %v", b, err)
	}
}

func FuzzDecodeBody(f *testing.F) {
	f.Add(uint16(chat.KindText), (&chat.Body{Text: "hello", About: &someAbout}).Encode())
	f.Add(uint16(chat.KindImage), (&chat.Body{Text: "caption", Image: &someImage}).Encode())
	f.Add(uint16(chat.KindWithdrawal), (&chat.Body{Seq: 7}).Encode())
	f.Add(uint16(42), []byte("of a newer version"))
	f.Fuzz(func(t *testing.T, kind uint16, raw []byte) {
		b, err := chat.DecodeBody(chat.Kind(kind), raw)
		if err != nil {
			return
		}
		// Unknown fields and zero sides are not kept: what is read is written to what reads the same.
		again, err := chat.DecodeBody(b.Kind, b.Encode())
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Fatalf("%+v is read again as %+v, %v", b, again, err)
		}
	})
}

// full is goods with every field at its limit.
func full() chat.Goods {
	g := chat.Goods{
		Title: strings.Repeat("题", chat.MaxTitle), Description: strings.Repeat("😀", chat.MaxDescription), Category: strings.Repeat("类", chat.MaxWord),
		Condition: strings.Repeat("新", chat.MaxWord), Quantity: chat.MaxQuantity, Price: chat.Money{Minor: 1 << 53, Currency: "CNY"},
	}
	for i := range chat.MaxPhotos {
		g.Photos = append(g.Photos, chat.Photo{Hash: chat.Hash{byte(i) + 1}, Size: 1 << 30, Width: 1 << 16, Height: 1 << 16})
	}
	return g
}

func TestListingRoundTrip(t *testing.T) {
	for name, g := range map[string]chat.Goods{
		"small": {Title: "x", Price: chat.Money{Currency: "EUR"}},
		"full":  full(),
	} {
		for _, status := range []chat.Status{chat.Available, chat.Reserved, chat.Sold, chat.Hidden} {
			l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: uint64(chat.MaxClock), Status: status, UpdatedAt: math.MinInt64}
			l.SetGoods(g)
			l.Sign(ann.key)
			for _, l := range []*chat.Listing{l, l.HeaderOnly()} {
				raw := l.Encode()
				got, err := chat.DecodeListing(ann.id, raw)
				if err != nil || !reflect.DeepEqual(got.Goods, l.Goods) || got.Hash() != l.Hash() || got.Status != status || got.UpdatedAt != math.MinInt64 {
					t.Errorf("%s, %s: %+v, %v", name, status, got, err)
					continue
				}
				if !bytes.Equal(got.Encode(), raw) {
					t.Errorf("%s, %s: written again as other bytes", name, status)
				}
				if _, err := chat.DecodeListing(bo.id, raw); !errors.Is(err, chat.ErrBadSignature) {
					t.Errorf("%s, %s: as bo's: %v", name, status, err)
				}
			}
		}
	}
	parsed, err := chat.ParseStatus("sold")
	if err != nil || parsed != chat.Sold {
		t.Errorf("sold is %v, %v", parsed, err)
	}
	for _, bad := range []string{"", "unknown", "Sold"} {
		_, err := chat.ParseStatus(bad)
		fails(t, "status "+bad, err, chat.ErrInvalid)
	}
}

// resigned makes a record of ann's whose bytes are changed and then signed: hers, and wrong all the same.
func resigned(body []byte, change func(*chat.Listing)) []byte {
	l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: 1, Status: chat.Available}
	l.SetGoods(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}})
	if body != nil {
		var e chat.Entry
		e.SetBody(body)
		l.BodySize, l.BodyHash = e.BodySize, e.BodyHash
	}
	if change != nil {
		change(l)
	}
	l.Sign(ann.key)
	if body == nil {
		return l.Encode()
	}
	return append(l.HeaderOnly().Encode(), body...)
}

func TestDecodeListingRefuses(t *testing.T) {
	title, currency := chunk(1, "x"), chunk(7, "EUR")
	good := resigned(append(bytes.Clone(title), currency...), nil)
	if _, err := chat.DecodeListing(ann.id, good); err != nil {
		t.Fatalf("the pattern itself: %v", err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	photo := chunk(8, string(chunk(1, strings.Repeat("h", 32))))
	flipped := func(i int) []byte { b := bytes.Clone(good); b[i] ^= 1; return b }
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":              {nil, chat.ErrMalformed},
		"version 2 of format":  {flipped(0)[:], chat.ErrMalformed},
		"header cut short":     {good[:100], chat.ErrMalformed},
		"body cut short":       {good[:len(good)-1], chat.ErrMalformed},
		"body too long":        {append(bytes.Clone(good), 0), chat.ErrMalformed},
		"flipped body":         {flipped(len(good) - 1), chat.ErrMalformed},
		"flipped signature":    {flipped(80), chat.ErrBadSignature},
		"flipped time":         {flipped(1 + 16 + 8 + 1), chat.ErrBadSignature},
		"no ID":                {resigned(nil, func(l *chat.Listing) { l.ID = chat.ListingID{} }), chat.ErrMalformed},
		"version 0":            {resigned(nil, func(l *chat.Listing) { l.Version = 0 }), chat.ErrMalformed},
		"version beyond":       {resigned(nil, func(l *chat.Listing) { l.Version = 1 << 63 }), chat.ErrMalformed},
		"status 0":             {resigned(nil, func(l *chat.Listing) { l.Status = 0 }), chat.ErrMalformed},
		"status 5":             {resigned(nil, func(l *chat.Listing) { l.Status = 5 }), chat.ErrMalformed},
		"announces 4 GiB":      {resigned(nil, func(l *chat.Listing) { l.BodySize = math.MaxUint32 }), chat.ErrMalformed},
		"announces no body":    {resigned(nil, func(l *chat.Listing) { l.BodySize = 0 }), chat.ErrMalformed},
		"too large":            {resigned(make([]byte, chat.MaxRecordBytes), nil), chat.ErrMalformed},
		"no title":             {resigned(currency, nil), chat.ErrInvalid},
		"title as number":      {resigned(join(varint(1, 5), currency), nil), chat.ErrMalformed},
		"title no UTF-8":       {resigned(join(chunk(1, "\xff"), currency), nil), chat.ErrMalformed},
		"long title":           {resigned(join(chunk(1, strings.Repeat("x", chat.MaxTitle+1)), currency), nil), chat.ErrInvalid},
		"long description":     {resigned(join(title, chunk(2, strings.Repeat("x", chat.MaxDescription+1)), currency), nil), chat.ErrInvalid},
		"no currency":          {resigned(title, nil), chat.ErrInvalid},
		"unknown currency":     {resigned(join(title, chunk(7, "XXX")), nil), chat.ErrInvalid},
		"quantity":             {resigned(join(title, varint(5, chat.MaxQuantity+1), currency), nil), chat.ErrMalformed},
		"quantity of 2^32":     {resigned(join(title, varint(5, 1<<32), currency), nil), chat.ErrMalformed},
		"negative price":       {resigned(join(title, varint(6, math.MaxUint64), currency), nil), chat.ErrMalformed},
		"price of 2^53 + 1":    {resigned(join(title, varint(6, 1<<53+1), currency), nil), chat.ErrMalformed},
		"ten photos":           {resigned(join(title, currency, bytes.Repeat(photo, 10)), nil), chat.ErrInvalid},
		"photo without form":   {resigned(join(title, currency, chunk(8, "\xff")), nil), chat.ErrMalformed},
		"short photo hash":     {resigned(join(title, currency, chunk(8, string(chunk(1, "h")))), nil), chat.ErrMalformed},
		"photo of 2 GiB":       {resigned(join(title, currency, chunk(8, string(varint(2, 1<<31)))), nil), chat.ErrMalformed},
		"photo as number":      {resigned(join(title, currency, varint(8, 1)), nil), chat.ErrMalformed},
		"wide photo":           {resigned(join(title, currency, chunk(8, string(varint(3, 1<<16+1)))), nil), chat.ErrMalformed},
		"of somebody else":     {goods(bo, 1, 1, chat.Available, "x").Encode(), chat.ErrBadSignature},
		"newer version's word": {resigned(join(title, currency, chunk(99, "new")), nil), nil},
	} {
		l, err := chat.DecodeListing(ann.id, c.raw)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %+v, %v, want %v", name, l, err, c.want)
		}
	}
}

func FuzzDecodeListing(f *testing.F) {
	l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: 1, Status: chat.Available}
	l.SetGoods(full())
	l.Sign(ann.key)
	f.Add(l.Encode())
	f.Add(goods(ann, 1, 7, chat.Hidden, "lamp").HeaderOnly().Encode())
	f.Add(goods(ann, 1, 7, chat.Sold, "lamp").Encode())
	f.Add(resigned(append(chunk(1, "x"), chunk(7, "EUR")...), nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkListing(t, raw)
		if header := 1 + 69 + 64; len(raw) > header { // with the hash of whatever the fuzzer put after the header
			fixed := bytes.Clone(raw)
			hash := sha256.Sum256(fixed[header:])
			binary.BigEndian.PutUint32(fixed[34:], uint32(len(fixed)-header))
			copy(fixed[38:], hash[:])
			checkListing(t, fixed)
		}
	})
}

func checkListing(t *testing.T, raw []byte) {
	t.Helper()
	l, err := chat.ReadListing(ann.id, raw)
	if err != nil {
		if !errors.Is(err, chat.ErrMalformed) && !errors.Is(err, chat.ErrInvalid) {
			t.Fatalf("error %v", err)
		}
		if _, err := chat.DecodeListing(ann.id, raw); err == nil {
			t.Fatal("what cannot be read is verified")
		}
		return
	}
	if !bytes.Equal(l.Encode(), raw) {
		t.Fatalf("%x is written again as %x", raw, l.Encode())
	}
	if l.Goods != nil && l.Goods.Check() != nil {
		t.Fatalf("goods that break a rule: %v", l.Goods.Check())
	}
}

func TestListingNewer(t *testing.T) {
	one, two, tie := goods(ann, 1, 1, chat.Available, "a"), goods(ann, 1, 2, chat.Available, "a"), goods(ann, 1, 2, chat.Available, "b")
	if !two.Newer(one) || one.Newer(two) || one.Newer(one) || two.Newer(tie) == tie.Newer(two) {
		t.Error("the order of versions is not one")
	}
}

func TestProfileRoundTrip(t *testing.T) {
	for name, p := range map[string]chat.Profile{
		"empty": {},
		"full": {
			Name: strings.Repeat("名", chat.MaxName), About: strings.Repeat("😀", chat.MaxAbout), Sealing: [32]byte{1}, Picture: chat.Hash{2},
		},
	} {
		p.Peer, p.Version = ann.id, uint64(chat.MaxClock)
		p.Sign(ann.key)
		got, err := chat.DecodeProfile(ann.id, p.Encode())
		if err != nil || got.Name != p.Name || got.About != p.About || got.Sealing != p.Sealing || got.Picture != p.Picture || got.Version != p.Version {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got != nil && !bytes.Equal(got.Encode(), p.Encode()) {
			t.Errorf("%s: written again as other bytes", name)
		}
		if _, err := chat.DecodeProfile(bo.id, p.Encode()); !errors.Is(err, chat.ErrBadSignature) {
			t.Errorf("%s: as bo's: %v", name, err)
		}
	}
	one, two := chat.Profile{Peer: ann.id, Version: 1, Name: "a"}, chat.Profile{Peer: ann.id, Version: 1, Name: "b"}
	one.Sign(ann.key)
	two.Sign(ann.key)
	if one.Newer(&two) == two.Newer(&one) || one.Newer(&one) {
		t.Error("a tie is not decided")
	}
}

// TestDecodeProfileRefuses signs with ann's key what is wrong all the same.
func TestDecodeProfileRefuses(t *testing.T) {
	record := func(version uint64, body []byte) []byte {
		b := binary.BigEndian.AppendUint64([]byte{1}, version)
		return signProfile(append(append(b, make([]byte, 64)...), body...))
	}
	good := record(1, chunk(1, "Ann"))
	if _, err := chat.DecodeProfile(ann.id, good); err != nil {
		t.Fatalf("the pattern itself: %v", err)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":           {nil, chat.ErrMalformed},
		"cut short":         {good[:72], chat.ErrMalformed},
		"other format":      {append([]byte{2}, good[1:]...), chat.ErrMalformed},
		"version 0":         {record(0, nil), chat.ErrMalformed},
		"version 2^63":      {record(1<<63, nil), chat.ErrMalformed},
		"too large":         {record(1, chunk(99, strings.Repeat("x", chat.MaxProfile))), chat.ErrMalformed},
		"name a number":     {record(1, varint(1, 1)), chat.ErrMalformed},
		"name no UTF-8":     {record(1, chunk(1, "\xff")), chat.ErrMalformed},
		"long name":         {record(1, chunk(1, strings.Repeat("x", chat.MaxName+1))), chat.ErrInvalid},
		"long about":        {record(1, chunk(2, strings.Repeat("x", chat.MaxAbout+1))), chat.ErrInvalid},
		"short sealing key": {record(1, chunk(3, "short")), chat.ErrMalformed},
		"short picture":     {record(1, chunk(4, "short")), chat.ErrMalformed},
		"flipped":           {append(bytes.Clone(good[:len(good)-1]), 'm'), chat.ErrBadSignature},
		"garbage":           {record(1, []byte{0xff}), chat.ErrMalformed},
	} {
		if p, err := chat.DecodeProfile(ann.id, c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %v", name, p, err, c.want)
		}
	}
	if p, err := chat.DecodeProfile(ann.id, record(1, chunk(99, "of a newer version"))); err != nil || p.Name != "" {
		t.Errorf("a field of a newer version: %+v, %v", p, err)
	}
}

func FuzzDecodeProfile(f *testing.F) {
	for _, p := range []chat.Profile{
		{Peer: ann.id, Version: 1, Name: "Ann", About: "lamps", Sealing: [32]byte{1}, Picture: chat.Hash{2}}, {Peer: ann.id, Version: 2}, {Peer: bo.id, Version: 3, Name: "Bo"},
	} {
		p.Sign(ann.key)
		f.Add(p.Encode())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := chat.DecodeProfile(ann.id, raw)
		if err != nil {
			// Only the signature stands between the fuzzer and the fields: read them as a signed record, too.
			if len(raw) > 73 && len(raw) <= chat.MaxProfile {
				_, _ = chat.DecodeProfile(ann.id, signProfile(raw))
			}
			return
		}
		if !bytes.Equal(p.Encode(), raw) || p.Check() != nil {
			t.Fatalf("%x is written again as %x (%v)", raw, p.Encode(), p.Check())
		}
	})
}

// signProfile puts ann's signature on what raw says.
func signProfile(raw []byte) []byte {
	b := bytes.Clone(raw)
	signed := append([]byte("haggle profile v1\x00"), b[1:9]...)
	copy(b[9:73], sign(ann.key, append(signed, b[73:]...)))
	return b
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		amount, currency string
		minor            int64
		text             string
	}{
		{"0", "EUR", 0, "0"},
		{"0.00", "EUR", 0, "0"},
		{"12", "EUR", 1200, "12"},
		{"12.5", "EUR", 1250, "12.50"},
		{"12.50", "EUR", 1250, "12.50"},
		{"0.05", "CNY", 5, "0.05"},
		{"0012", "USD", 1200, "12"},
		{"1500", "JPY", 1500, "1500"},
		{"1.234", "KWD", 1234, "1.234"},
		{"1.2", "KWD", 1200, "1.200"},
		{"0.001", "BHD", 1, "0.001"},
		{"90071992547409.92", "EUR", 1 << 53, "90071992547409.92"},
		{"9007199254740992", "JPY", 1 << 53, "9007199254740992"},
	} {
		m, err := chat.ParseMoney(c.amount, c.currency)
		if err != nil || m.Minor != c.minor || m.Currency != c.currency || m.Amount() != c.text {
			t.Errorf("%s %s is %+v (%s), %v", c.amount, c.currency, m, m.Amount(), err)
		}
	}
	for _, c := range [][2]string{
		{"", "EUR"},
		{".", "EUR"},
		{".5", "EUR"},
		{"5.", "EUR"},
		{"1.234", "EUR"},
		{"1.5", "JPY"},
		{"1.0", "JPY"},
		{"1.2345", "KWD"},
		{"-1", "EUR"},
		{"+1", "EUR"},
		{"1e3", "EUR"},
		{"1,5", "EUR"},
		{"1 000", "EUR"},
		{" 1", "EUR"},
		{"1.2.3", "EUR"},
		{"१", "EUR"},
		{"１", "EUR"},
		{"0x10", "EUR"},
		{"NaN", "EUR"},
		{"1_000", "EUR"},
		{"90071992547409.93", "EUR"},
		{"9007199254740993", "JPY"},
		{strings.Repeat("9", 17), "EUR"},
		{strings.Repeat("0", 1000), "EUR"},
		{strings.Repeat("9", 100), "EUR"},
		{"1", ""},
		{"1", "EURO"},
		{"1", "eur"},
		{"1", "XXX"},
		{"1", "EU"},
		{"1", " EU"},
		{"1", "UR "},
		{"1", "D A"},
	} {
		if m, err := chat.ParseMoney(c[0], c[1]); !errors.Is(err, chat.ErrBadMoney) {
			t.Errorf("%.40q %q is %+v, %v, want ErrBadMoney", c[0], c[1], m, err)
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	f.Add("12.50", "EUR")
	f.Add("0", "JPY")
	f.Add("9007199254740.992", "KWD")
	f.Add("1e9", "XXX")
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := chat.ParseMoney(amount, currency)
		if err != nil {
			return
		}
		again, err := chat.ParseMoney(m.Amount(), m.Currency)
		if err != nil || again != m {
			t.Fatalf("%q %s is %s, which is %+v, %v", amount, currency, m.Amount(), again, err)
		}
		value, err := strconv.ParseFloat(amount, 64)
		places, _ := chat.Decimals(currency)
		if err != nil || m.Minor < 0 || math.Abs(value*math.Pow10(places)-float64(m.Minor)) > 1 {
			t.Fatalf("%q %s is %d", amount, currency, m.Minor)
		}
	})
}
