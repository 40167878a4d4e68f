package soak

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// profileVariable names a folder that gets a heap profile at the first and at the last sample: what
// "go tool pprof -base first last" shows is what grew between them.
const profileVariable = "HAGGLE_SOAK_PROFILE"

// profile writes what the heap holds to a file of that name, if anybody wants it.
func profile(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv(profileVariable)
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".pprof"))
	if err != nil {
		t.Fatal(err)
	}
	err = cmp.Or(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
	if err != nil {
		t.Fatal(err)
	}
}

// where says what the process has in memory, by kind of mapping: the suffix of the files that it maps, or what is no file.
func where(t *testing.T) string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sizes := map[string]float64{}
	var kind string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case !strings.HasSuffix(fields[0], ":"): // the first line of a mapping: range, rights, offset, device, inode, perhaps a name
			kind = "anonymous"
			if len(fields) > 5 {
				kind = cmp.Or(filepath.Ext(fields[5]), filepath.Base(fields[5]))
			}
		case fields[0] == "Rss:":
			kb, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			sizes[kind] += kb / 1024
		}
	}
	var parts []string
	for kind, mb := range sizes {
		if mb >= 0.05 {
			parts = append(parts, fmt.Sprintf("%s %.1f", kind, mb))
		}
	}
	slices.Sort(parts)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	mb := func(n uint64) float64 { return float64(n) / (1 << 20) }
	return fmt.Sprintf("%s; of the runtime's %.1f MB: objects %.1f, gaps between them %.1f, idle %.1f, stacks %.1f, its own %.1f",
		strings.Join(parts, ", "), mb(m.Sys-m.HeapReleased), mb(m.HeapAlloc), mb(m.HeapInuse-m.HeapAlloc), mb(m.HeapIdle-m.HeapReleased),
		mb(m.StackInuse), mb(m.Sys-m.HeapSys-m.StackInuse))
}
