package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haggle/internal/window"
)

// random is what Go asks Windows for and Debian's Wine does not have: random bytes by another name. For tests only.
const random = `#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size) { return RtlGenRandom(bytes, size); }`

// noted stands in for Windows' netsh, which Wine has no firewall for: it notes what it was asked to do.
const noted = `#include <windows.h>
#include <stdio.h>
int main(void) {
	FILE *f = fopen("C:\\netsh.txt", "a");
	if (!f) return 1;
	fprintf(f, "%s\n", GetCommandLineA());
	return fclose(f);
}`

// typed starts a program as Windows does when somebody types its name in a console and the program is one with a window: there
// is a console, but nothing of it is the program's. Wine by itself would give it.
const typed = `#include <windows.h>
int main(int n, char **words) {
	STARTUPINFOA how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES};
	PROCESS_INFORMATION what;
	if (n < 2 || !CreateProcessA(NULL, words[1], NULL, NULL, FALSE, 0, NULL, NULL, &how, &what)) return 1;
	WaitForSingleObject(what.hProcess, INFINITE);
	return 0;
}`

// windows is a Windows in a folder, by Wine.
type windows struct {
	t    *testing.T
	env  []string
	disk string // what it calls C:
}

func newWindows(t *testing.T) windows {
	t.Helper()
	home := t.TempDir()
	prefix := filepath.Join(home, "wine")
	w := windows{t, append(os.Environ(), "HOME="+home, "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=;netsh.exe=n", "DISPLAY="), filepath.Join(prefix, "drive_c")}
	t.Cleanup(func() {
		end := exec.Command("wineserver", "--kill", "--wait")
		end.Env = w.env
		_ = end.Run() // it may have ended by itself
	})
	w.run("wineboot", "--init")
	w.compile(random, "bcryptprimitives.dll", "-shared", "-ladvapi32")
	w.compile(noted, "netsh.exe")
	return w
}

// compile makes a program out of C, in Windows' own folder.
func (w windows) compile(source, name string, flags ...string) {
	w.t.Helper()
	c := filepath.Join(w.t.TempDir(), "source.c")
	if err := os.WriteFile(c, []byte(source), 0o600); err != nil {
		w.t.Fatal(err)
	}
	output(w.t, exec.Command("x86_64-w64-mingw32-gcc", append([]string{"-O", "-s", "-o", filepath.Join(w.disk, "windows", "system32", name), c}, flags...)...))
}

func (w windows) command(words ...string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = w.env
	return cmd
}

func (w windows) run(words ...string) string {
	w.t.Helper()
	return strings.ReplaceAll(output(w.t, w.command(words...)), "\r", "")
}

// exists reports whether there is a file on C:.
func (w windows) exists(name string) bool {
	_, err := os.Stat(filepath.Join(w.disk, name))
	return err == nil
}

// TestF12Windows: the program for Windows runs in Wine, with its answers in pipes and in a console, as two nodes that talk,
// and with its window.
func TestF12Windows(t *testing.T) {
	long(t, "wine", "x86_64-w64-mingw32-gcc", "script")
	w := newWindows(t)
	program := made(t, "windows-amd64.exe")

	t.Run("Pipe", func(t *testing.T) {
		w := windows{t, w.env, w.disk}
		if said := w.run("wine", program, "version"); !tells(t).MatchString(said) {
			t.Errorf("it says %q", said)
		}
	})
	t.Run("Console", func(t *testing.T) {
		w := windows{t, w.env, w.disk}
		w.compile(typed, "typed.exe")
		output(t, exec.Command("cp", program, filepath.Join(w.disk, "haggle.exe")))
		// script gives Wine a terminal, and that is its console.
		said := w.run("script", "--quiet", "--command", `wine typed.exe 'C:\haggle.exe version'`, "/dev/null")
		if !tells(t).MatchString(said) {
			t.Errorf("the console shows %q", said)
		}
	})
	start := script(t, filepath.Join(t.TempDir(), "haggle"), `exec wine `+program+` "$@"`)
	t.Run("Chat", func(t *testing.T) { windows{t, w.env, w.disk}.chat(start) })
	t.Run("Window", func(t *testing.T) {
		folder := t.TempDir()
		buyer := shopper(t, made(t, "linux-amd64-headless"), folder)
		cmd := w.command(start, "--data", buyer, "--no-discovery", "--listen", "127.0.0.1:0")
		p := seesMarket(t, cmd, window.Options{Home: folder}, "windows")
		if err := p.Kill(); err != nil { // Wine knows no other signal
			t.Error(err)
		}
	})
}

// chat lets two nodes say something to each other.
func (w windows) chat(program string) {
	t := w.t
	for _, variable := range w.env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	var nodes [2]*window.Headless
	for i := range nodes {
		var err error
		if nodes[i], err = window.Serve(program, filepath.Join(t.TempDir(), "profile"), "--no-discovery", "--listen", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := nodes[i].End(); err != nil {
				t.Error(err)
			}
		}()
	}
	call := func(h *window.Headless, method string, params map[string]any, result any) {
		t.Helper()
		if err := h.Call(method, params, result); err != nil {
			t.Fatal(err)
		}
	}
	var opened struct {
		Room struct {
			RoomID string `json:"roomId"`
		} `json:"room"`
	}
	call(nodes[0], "peers.add", map[string]any{"address": nodes[1].Address}, nil)
	call(nodes[0], "rooms.open", map[string]any{"seller": nodes[1].ID}, &opened)
	room := opened.Room.RoomID
	for i, words := range []string{"Is it still there?", "还在。"} {
		call(nodes[i], "messages.send", map[string]any{"roomId": room, "text": words}, nil)
		for end := time.Now().Add(30 * time.Second); ; {
			var list struct {
				Messages []struct {
					Text string `json:"text"`
				} `json:"messages"`
			}
			// The room itself has to come first.
			err := nodes[1-i].Call("messages.list", map[string]any{"roomId": room}, &list)
			if err == nil && len(list.Messages) == i+1 && list.Messages[i].Text == words {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%q does not arrive: %v, %+v", words, err, list)
			}
		}
	}
}

// TestF12Installer: the installer brings the program, its menu entry, its way out and its rule in the firewall, and all of
// them go again. What somebody said and offers stays.
func TestF12Installer(t *testing.T) {
	long(t, "wine", "x86_64-w64-mingw32-gcc")
	w := newWindows(t)
	const folder, menu = "Program Files/Haggle", "ProgramData/Microsoft/Windows/Start Menu/Programs/Haggle.lnk"
	const listed = `HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Haggle`
	notes := func() string {
		text, _ := os.ReadFile(filepath.Join(w.disk, "netsh.txt"))
		_ = os.Remove(filepath.Join(w.disk, "netsh.txt"))
		return string(text)
	}

	w.run("wine", made(t, "windows-amd64-setup.exe"), "/S")
	if said := w.run("wine", `C:\Program Files\Haggle\haggle.exe`, "version"); !tells(t).MatchString(said) {
		t.Errorf("what was installed says %q", said)
	}
	for _, name := range []string{folder + "/uninstall.exe", folder + "/licences.txt", menu} {
		if !w.exists(name) {
			t.Errorf("there is no %s", name)
		}
	}
	if said := w.run("wine", "reg", "query", listed); !strings.Contains(said, version(t)) || !strings.Contains(said, "uninstall.exe") {
		t.Errorf("the list of programs says %s", said)
	}
	const rule = `rule name="Haggle" program="C:\Program Files\Haggle\haggle.exe"`
	if said := notes(); !strings.Contains(said, "advfirewall firewall add "+rule+" dir=in action=allow profile=private,domain") {
		t.Errorf("the firewall was told %q", said)
	}

	w.run("wine", `C:\Program Files\Haggle\uninstall.exe`, "/S", `_?=C:\Program Files\Haggle`) // and wait for it
	for _, name := range []string{folder + "/haggle.exe", folder + "/licences.txt", menu} {
		if w.exists(name) {
			t.Errorf("%s is still there", name)
		}
	}
	if err := w.command("wine", "reg", "query", listed).Run(); err == nil {
		t.Error("the list of programs still has it")
	}
	if said := notes(); !strings.Contains(said, "advfirewall firewall delete "+rule) {
		t.Errorf("the firewall was told %q", said)
	}
}
