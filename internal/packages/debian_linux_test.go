package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"haggle/internal/window"
)

// debian is a Debian 12 in a folder of its own: base system and nothing else.
type debian struct {
	t    *testing.T
	root string
}

func newDebian(t *testing.T) debian {
	t.Helper()
	mirror, _, _ := strings.Cut(output(t, exec.Command("apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Codename: bookworm")), "\n")
	d := debian{t, filepath.Join(t.TempDir(), "debian")}
	output(t, exec.Command("debootstrap", "--variant=minbase", "bookworm", d.root, mirror))
	// Paths of this machine that lead into the folder are good inside, too.
	if err := os.MkdirAll(filepath.Join(d.root, filepath.Dir(d.root)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(d.root, d.root)); err != nil {
		t.Fatal(err)
	}
	d.run("apt-get", "update")
	return d
}

// run runs a command inside.
func (d debian) run(words ...string) string {
	d.t.Helper()
	cmd := exec.Command("chroot", append([]string{d.root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, words...)...)
	return output(d.t, cmd)
}

// bring copies a file into the top folder and returns its path inside.
func (d debian) bring(path string) string {
	d.t.Helper()
	output(d.t, exec.Command("cp", path, d.root))
	return "/" + filepath.Base(path)
}

// ours lists all that is called haggle, but for what was brought.
func (d debian) ours() []string {
	d.t.Helper()
	return strings.Fields(d.run("find", "/usr", "/etc", "/var", "/opt", "-iname", "*haggle*", "-not", "-path", "/var/cache/*"))
}

// starts starts the program as the installed menu entry says, and sees that it shows its market.
func (d debian) starts(entry, buyer, name string) {
	d.t.Helper()
	found := regexp.MustCompile(`(?m)^Exec=(.*)$`).FindStringSubmatch(d.run("cat", entry))
	if found == nil {
		d.t.Fatalf("%s starts nothing", entry)
	}
	cmd := exec.Command("chroot", d.root, "env", "PATH=/usr/local/bin:/usr/bin:/bin", found[1], "--data", buyer, "--no-discovery", "--listen", "127.0.0.1:0")
	p := seesMarket(d.t, cmd, window.Options{Home: filepath.Join(d.root, "root")}, name)
	if err := p.Stop(); err != nil {
		d.t.Errorf("%s: the program does not end in order: %v", name, err)
	}
}

// opened is a library that a program opens by name.
var opened = regexp.MustCompile(`lib[A-Za-z0-9_-]+\.so\.[0-9]+`)

// spare are libraries that the toolkit takes instead of others or does without.
var spare = []string{
	"libGLES_CM.so.1", "libGLESv1_CM.so.1", "libGLESv2.so.2", "libOSMesa.so.6", "libOSMesa.so.8", "libOpenGL.so.0", "libdecor-0.so.0", "libvulkan.so.1",
}

// TestF12Debian: on a fresh Debian the .deb installs with what it depends on and nothing recommended, starts from its menu
// entry, shows its market and goes without a trace. Then the .tar.xz does so.
func TestF12Debian(t *testing.T) {
	long(t, "debootstrap", "chroot", "apt-get")
	d := newDebian(t)

	d.run("apt-get", "install", "--yes", "--no-install-recommends", d.bring(made(t, "linux-amd64.deb")))
	if said := d.run("haggle", "version"); !tells(t).MatchString(said) {
		t.Errorf("it says %q", said)
	}
	program, err := os.ReadFile(filepath.Join(d.root, "usr/bin/haggle"))
	if err != nil {
		t.Fatal(err)
	}
	there := d.run("ldconfig", "-p")
	for _, library := range slices.Compact(slices.Sorted(slices.Values(opened.FindAllString(string(program), -1)))) {
		if !strings.Contains(there, library) && !slices.Contains(spare, library) {
			t.Errorf("the package does not depend on what brings %s", library)
		}
	}
	for _, name := range []string{
		"/usr/share/applications/" + id + ".desktop", "/usr/share/metainfo/" + id + ".metainfo.xml", "/usr/share/doc/haggle/copyright",
		"/usr/share/icons/hicolor/512x512/apps/" + id + ".png", "/usr/share/icons/hicolor/scalable/apps/" + id + ".svg",
	} {
		d.run("test", "-s", name)
	}
	inside := script(t, filepath.Join(d.root, "start"), `exec chroot `+d.root+` haggle "$@"`)
	folder := filepath.Join(d.root, "srv")
	buyer := shopper(t, inside, folder)
	d.starts("/usr/share/applications/"+id+".desktop", buyer, "debian-deb")

	d.run("apt-get", "purge", "--yes", "haggle")
	if left := d.ours(); len(left) > 0 {
		t.Errorf("the .deb leaves behind %q", left)
	}

	d.run("apt-get", "install", "--yes", "--no-install-recommends", "make", "xz-utils")
	d.run("tar", "-C", "/opt", "-xf", d.bring(made(t, "linux-amd64.tar.xz")))
	before := d.ours()
	d.run("make", "-C", "/opt/haggle", "install")
	d.starts("/usr/local/share/applications/"+id+".desktop", buyer, "debian-tar")
	d.run("make", "-C", "/opt/haggle", "uninstall")
	if left := d.ours(); !slices.Equal(left, before) {
		t.Errorf("the .tar.xz leaves behind %q, there was %q", left, before)
	}
}
