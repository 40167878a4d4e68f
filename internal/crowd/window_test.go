package crowd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
)

// Where things are in a window of 1100 x 750.
const (
	railX, marketY, chatsY float32 = 40, 100, 170
	listX                  float32 = 260
	firstRow, secondRow    float32 = 262, 356
	roomX, roomY           float32 = 800, 400
	goodsX, goodsY         float32 = 600, 400
)

func openYears(b *testing.B) *desk {
	b.Helper()
	folder, err := years()
	if err != nil {
		b.Fatal(err)
	}
	return open(b, folder)
}

// times are how long the same took again and again.
type times []time.Duration

func (t *times) take(do func()) {
	begun := time.Now()
	do()
	*t = append(*t, time.Since(begun))
}

// report says what half, nearly all and all of them kept to.
func (t times) report(b *testing.B) {
	slices.Sort(t)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(t[len(t)/2]), "ms-median")
	b.ReportMetric(ms(t[len(t)*99/100]), "ms-99%")
	b.ReportMetric(ms(t[len(t)-1]), "ms-longest")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOpenRoom is from the tap on a room of 100,000 messages to the picture of its end.
func BenchmarkOpenRoom(b *testing.B) { openRoom(b, openYears(b), Years.Messages) }

// BenchmarkOpenMillion is the same for a room of 1,000,000; it takes a minute to make one.
func BenchmarkOpenMillion(b *testing.B) {
	if os.Getenv("HAGGLE_SOAK") == "" {
		b.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	const messages = 1_000_000
	folder := filepath.Join(b.TempDir(), "profile")
	if err := Fill(folder, Size{Messages: messages, Rooms: 1000}); err != nil {
		b.Fatal(err)
	}
	openRoom(b, open(b, folder), messages)
}

func openRoom(b *testing.B, d *desk, messages int) {
	b.Helper()
	end := fmt.Sprintf("Message %d", messages-2)
	d.tap(railX, chatsY)
	d.until("the inbox", func() bool { return d.says("Tom Baker 1") })
	var opened, pictures times
	for b.Loop() {
		d.tap(listX, secondRow)
		d.until("another room", func() bool { return !d.says(end) && d.says("Is 1 all right") })
		d.frame()
		opened.take(func() {
			d.tap(listX, firstRow)
			d.until("the room", func() bool { return d.says(end) })
			pictures.take(d.frame)
		})
	}
	slices.Sort(pictures)
	b.ReportMetric(float64(pictures[len(pictures)/2].Microseconds())/1000, "ms-picture")
	opened.report(b)
}

// BenchmarkOpenInbox is from the first tap on the rail to the picture of 1,000 rooms.
func BenchmarkOpenInbox(b *testing.B) {
	var opened times
	for b.Loop() {
		d := openYears(b)
		d.until("the market", func() bool { return d.says("Bicycle") })
		d.frame()
		opened.take(func() {
			d.tap(railX, chatsY)
			d.until("the inbox", func() bool { return d.says("Tom Baker 1") })
			d.frame()
		})
		d.close()
	}
	opened.report(b)
}

// BenchmarkOpenMarket is from an empty window to the picture of 5,000 goods, and on to the last of their photos.
func BenchmarkOpenMarket(b *testing.B) {
	folder, err := years()
	if err != nil {
		b.Fatal(err)
	}
	var opened, photos times
	for b.Loop() {
		d := start(b, folder)
		begun := time.Now()
		opened.take(func() {
			d.fill()
			d.until("the market", func() bool { return d.says("Bicycle") })
			d.frame()
		})
		d.until("the photos", func() bool { return d.photos() >= 15 })
		d.frame()
		photos = append(photos, time.Since(begun))
		d.close()
	}
	opened.report(b)
	slices.Sort(photos)
	b.ReportMetric(float64(photos[len(photos)-1].Milliseconds()), "ms-photos")
}

// BenchmarkSearch is from a key in the market's search to what it finds among 5,000 goods, and what the picture of that takes.
func BenchmarkSearch(b *testing.B) {
	d := openYears(b)
	d.until("the market", func() bool { return d.says("Bicycle") })
	field := d.field()
	d.win.Canvas().Focus(field)
	var found, pictures times
	for b.Loop() {
		for _, c := range []struct {
			key   rune
			finds string
		}{{'吉', "Guitar"}, {'椅', "Oak chair"}, {'筝', "Kite"}, {'茶', "Teapot"}} {
			found.take(func() {
				field.TypedRune(c.key)
				d.until(c.finds, func() bool { return d.says(c.finds) && !d.says("Bicycle") })
			})
			pictures.take(d.frame)
			found.take(func() {
				field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
				d.until("everything", func() bool { return d.says("Bicycle") })
			})
			pictures.take(d.frame)
		}
	}
	slices.Sort(pictures)
	b.ReportMetric(float64(pictures[len(pictures)-1].Microseconds())/1000, "ms-picture")
	found.report(b)
}
