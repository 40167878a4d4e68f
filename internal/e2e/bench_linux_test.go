package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkW4 looks at what a quiet program takes: an empty profile's size, and with 10,000 messages disk, memory, start
// and idle time of a core.
func BenchmarkW4(b *testing.B) {
	const n, quiet = 10_000, 10 * time.Second
	for b.Loop() {
		anna, ben, room := couple(b)
		apparent, real := folderSize(b, anna.place.data)
		b.ReportMetric(float64(apparent)/(1<<20), "empty-apparent-MB")
		b.ReportMetric(float64(real)/(1<<20), "empty-MB")
		there, back := anna.measure(), ben.measure()
		ben.write(b, lines(room, n))
		there.wait(b, "message.received", n)
		back.wait(b, "", n)
		anna.quit()
		ben.quit()
		_, after := folderSize(b, anna.place.data)
		b.ReportMetric(float64(after-real)/n, "B/msg")
		anna, ben = anna.restart(), ben.restart()
		add(ben, anna)
		meet(b, anna, ben)
		b.ReportMetric(float64(anna.readyAt.Sub(anna.begun).Microseconds())/1000, "ready-ms")
		<-time.After(quiet) // what the start left is done
		cpu := anna.cpu(b)
		<-time.After(quiet)
		b.ReportMetric(100*(anna.cpu(b)-cpu).Seconds()/quiet.Seconds(), "idle-%")
		b.ReportMetric(anna.resident(b), "RSS-MB")
		anna.kill()
		ben.kill()
	}
	b.ReportMetric(0, "ns/op")
}

// folderSize is what a folder seems to take, and what it takes.
func folderSize(b *testing.B, folder string) (apparent, real int64) {
	b.Helper()
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		apparent += info.Size()
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			real += s.Blocks * 512
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return apparent, real
}

// cpu is the time of a core that the process has taken.
func (p *program) cpu(b testing.TB) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] { // in the program and in the kernel
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resident is the process's memory in MB.
func (p *program) resident(b testing.TB) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(n) / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
