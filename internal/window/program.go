package window

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options say how the program is started.
type Options struct {
	Screen *Screen
	Home   string   // the person's folder; made if missing
	Scale  float32  // 1 if 0
	Locale string   // en_US.UTF-8 if empty
	Env    []string // further variables
	Log    string   // a file for what the program says; none if empty
	Hidden bool     // it shows no window at its start
}

// Program is the real program with its window, driven as a person would. Its methods are for one goroutine.
type Program struct {
	Begun  time.Time // when it was started
	screen *Screen
	cmd    *exec.Cmd
	ended  chan struct{}
	err    error
	id     string // of its window
}

// Start runs cmd, which starts the program, and waits until its window is there.
func Start(cmd *exec.Cmd, o Options) (*Program, error) {
	runtime := filepath.Join(o.Home, "runtime")
	for _, folder := range []string{runtime, filepath.Join(o.Home, ".cache", "fyne"), filepath.Join(o.Home, ".config")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	scale, locale := o.Scale, o.Locale
	if scale == 0 {
		scale = 1
	}
	if locale == "" {
		locale = "en_US.UTF-8"
	}
	env := cmd.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Env = append(append(env, "DISPLAY="+o.Screen.name, "HOME="+o.Home, "XDG_RUNTIME_DIR="+runtime, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=",
		"WAYLAND_DISPLAY=", "DBUS_SESSION_BUS_ADDRESS=disabled:", "FYNE_PLATFORM=x11", fmt.Sprintf("FYNE_SCALE=%g", scale),
		"LANG="+locale, "LC_ALL="+locale, "LIBGL_ALWAYS_SOFTWARE=1"), o.Env...)
	if o.Log != "" {
		log, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer func() { _ = log.Close() }()
		cmd.Stdout, cmd.Stderr = log, log
	}
	p := &Program{Begun: time.Now(), screen: o.Screen, cmd: cmd, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if o.Hidden {
		return p, nil
	}
	if err := p.Find(); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, p.Focus()
}

// Find waits until the window is on the screen.
func (p *Program) Find() error {
	return until("the window opens", func() (bool, error) {
		select {
		case <-p.ended:
			return false, fmt.Errorf("the program has ended: %w", p.err)
		default:
		}
		return p.Visible(), nil
	})
}

// Visible reports whether the window is on the screen.
func (p *Program) Visible() bool {
	out, err := p.screen.tool("", "xdotool", "search", "--onlyvisible", "--name", "Haggle")
	ids := strings.Fields(string(out))
	if err != nil || len(ids) == 0 {
		return false
	}
	p.id = ids[len(ids)-1]
	return true
}

// Ended waits until the program has ended by itself, and returns how.
func (p *Program) Ended() error {
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		return errors.New("the program does not end")
	}
}

// Signal sends the program a signal.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Size moves the window to the corner and gives it a size, again until it keeps that: it sizes itself when it opens.
func (p *Program) Size(width, height int) error {
	kept := 0
	return until("the window takes its size", func() (bool, error) {
		if w, h, err := p.geometry(); err != nil {
			return false, err
		} else if w == width && h == height {
			kept++
			return kept == 3, nil
		}
		kept = 0
		return false, errors.Join(p.do("windowmove", p.id, "0", "0"), p.do("windowsize", p.id, strconv.Itoa(width), strconv.Itoa(height)))
	})
}

// geometry is the window's size.
func (p *Program) geometry() (width, height int, err error) {
	out, err := p.screen.tool("", "xdotool", "getwindowgeometry", "--shell", p.id)
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "WIDTH":
			width, _ = strconv.Atoi(value)
		case "HEIGHT":
			height, _ = strconv.Atoi(value)
		}
	}
	return width, height, err
}

// Focus gives the window the keyboard.
func (p *Program) Focus() error { return p.do("windowfocus", p.id) }

// Blur takes the keyboard from the window.
func (p *Program) Blur() error { return p.do("mousemove", "0", "0") }

// Click clicks on a point of the window.
func (p *Program) Click(x, y int) error {
	return p.do("mousemove", "--window", p.id, strconv.Itoa(x), strconv.Itoa(y), "sleep", "0.05", "click", "1")
}

// Point moves the mouse to a point of the window.
func (p *Program) Point(x, y int) error {
	return p.do("mousemove", "--window", p.id, strconv.Itoa(x), strconv.Itoa(y))
}

// Scroll turns the wheel down, or up with a negative number, where the mouse is.
func (p *Program) Scroll(steps int) error { return p.wheel(steps, 15*time.Millisecond) }

// Spin turns the wheel as Scroll does, and so fast that there is something new to see in each frame, though xdotool be late.
func (p *Program) Spin(steps int) error { return p.wheel(steps, 5*time.Millisecond) }

func (p *Program) wheel(steps int, each time.Duration) error {
	button := "5"
	if steps < 0 {
		button, steps = "4", -steps
	}
	return p.do("click", "--repeat", strconv.Itoa(steps), "--delay", strconv.Itoa(int(each.Milliseconds())), button)
}

// Key presses keys, one after the other, by xdotool's names, such as ctrl+f.
func (p *Program) Key(keys ...string) error {
	return p.do(append([]string{"key", "--delay", "40"}, keys...)...)
}

// Type types ASCII.
func (p *Program) Type(words string) error { return p.do("type", "--delay", "25", words) }

// Paste pastes any text.
func (p *Program) Paste(words string) error {
	return errors.Join(p.Copied("UTF8_STRING", []byte(words)), p.Key("ctrl+v"))
}

// Copied puts data of a kind such as image/png into the clipboard, as another program does.
func (p *Program) Copied(kind string, data []byte) error {
	cmd := exec.Command("xclip", "-selection", "clipboard", "-t", kind, "-loops", "0")
	cmd.Env = append(os.Environ(), "DISPLAY="+p.screen.name)
	cmd.Stdin = bytes.NewReader(data)
	if err := cmd.Run(); err != nil { // it goes on behind us, and ends with the screen
		return err
	}
	for end := time.Now().Add(patience); ; { // it may not own the clipboard yet
		got, err := p.Clipboard(kind)
		if err == nil && bytes.Equal(got, data) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("xclip offers %d of %d bytes of %s: %w", len(got), len(data), kind, err)
		}
	}
}

// Clipboard is what another program gets that pastes data of a kind.
func (p *Program) Clipboard(kind string) ([]byte, error) {
	return p.screen.tool("", "xclip", "-selection", "clipboard", "-o", "-t", kind)
}

func (p *Program) do(args ...string) error {
	_, err := p.screen.tool("", "xdotool", args...)
	return err
}

// Title is what the window is called now.
func (p *Program) Title() (string, error) {
	out, err := p.screen.tool("", "xdotool", "getwindowname", p.id)
	return strings.TrimSpace(string(out)), err
}

// Look is what the window shows now.
func (p *Program) Look() (img *image.NRGBA, err error) {
	err = until("the window keeps a size that fits the screen", func() (bool, error) {
		img, err = p.look()
		return img != nil, err
	})
	return img, err
}

// look returns nil if the window changed its size.
func (p *Program) look() (*image.NRGBA, error) {
	width, height, err := p.geometry()
	if err != nil {
		return nil, err
	}
	raw, err := p.screen.tool("", "import", "-silent", "-window", p.id, "-depth", "8", "rgba:-")
	if err != nil || len(raw) != 4*width*height {
		return nil, err
	}
	return &image.NRGBA{Pix: raw, Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}, nil
}

// Still waits until the window shows the same for a while, and returns that.
func (p *Program) Still() (*image.NRGBA, error) {
	var last *image.NRGBA
	same := 0
	err := until("the window rests", func() (bool, error) {
		now, err := p.Look()
		if err != nil {
			return false, err
		}
		if last != nil && Differ(last, now) < restless {
			same++
		} else {
			same = 0
		}
		last = now
		return same >= 3, nil
	})
	return last, err
}

// Changed waits until the window shows something else than a picture of it.
func (p *Program) Changed(from *image.NRGBA) error {
	return until("the window shows something else", func() (bool, error) {
		now, err := p.Look()
		return err == nil && Differ(from, now) > 10*restless, err
	})
}

// restless is how many pixels a cursor that blinks may change.
const restless = 150

// Differ is how many pixels are not the same.
func Differ(a, b *image.NRGBA) int {
	if a.Rect != b.Rect {
		return max(len(a.Pix), len(b.Pix)) / 4
	}
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		if a.Pix[i] != b.Pix[i] || a.Pix[i+1] != b.Pix[i+1] || a.Pix[i+2] != b.Pix[i+2] {
			n++
		}
	}
	return n
}

// Save writes a picture to a file.
func Save(img image.Image, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, img), f.Close())
}

// CPU is the processor time that the program has used.
func (p *Program) CPU() (time.Duration, error) { return cpu(p.cmd.Process.Pid) }

// Drawn is how often the threads were woken that Mesa draws with where no graphics processor does: once or more for a picture.
// Their processor time is told in steps of 10 ms, more than one picture takes.
func (p *Program) Drawn() (all int, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, thread := range threads {
		status, err := os.ReadFile(filepath.Join(thread, "status"))
		if err != nil || !strings.HasPrefix(string(status), "Name:\tllvmpipe") {
			continue // another one, or it has ended
		}
		_, rest, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(rest, "\n")
		slept, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			return 0, fmt.Errorf("how often a thread slept: %w", err)
		}
		all += slept
	}
	return all, nil
}

// cpu is the processor time that a process has used.
func cpu(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("stat has %d fields", len(fields))
	}
	inUse, _ := strconv.Atoi(fields[11])
	ofSystem, _ := strconv.Atoi(fields[12])
	return time.Duration(inUse+ofSystem) * 10 * time.Millisecond, nil
}

// Stop ends the program in order, as a desktop does when it ends.
func (p *Program) Stop() error {
	_ = p.Signal(syscall.SIGTERM)
	err := p.Ended()
	if p.Running() {
		err = errors.Join(err, p.Kill())
	}
	return err
}

// Kill ends the program at once, as kill -9 does.
func (p *Program) Kill() error {
	_ = p.cmd.Process.Kill()
	<-p.ended
	return nil
}

// Running reports whether the program has not ended.
func (p *Program) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Few is a picture in at most 256 colours, for a file that is small: a window has few but for its photos.
func Few(img image.Image) image.Image {
	b := img.Bounds()
	counts := map[color.RGBA]int{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[coarse(img.At(x, y))]++
		}
	}
	colors := slices.Collect(maps.Keys(counts))
	slices.SortFunc(colors, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var few color.Palette
	for _, c := range colors[:min(len(colors), 256)] {
		few = append(few, c)
	}
	to := image.NewPaletted(b, few)
	near := map[color.RGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := coarse(img.At(x, y))
			i, ok := near[c]
			if !ok {
				i = uint8(few.Index(c))
				near[c] = i
			}
			to.SetColorIndex(x, y, i)
		}
	}
	return to
}

// coarse is a colour without the bits that nobody sees.
func coarse(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r>>8) &^ 3, uint8(g>>8) &^ 3, uint8(b>>8) &^ 3, 0xff}
}
