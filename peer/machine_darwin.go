package peer

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// machineID recognises this machine by what the system calls its platform UUID.
func machineID() string {
	out, _ := exec.Command("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice").Output()
	_, rest, _ := strings.Cut(string(out), `"IOPlatformUUID" = "`)
	id, _, _ := strings.Cut(rest, `"`)
	return hashMachine(id)
}

// fileMark names a file on this machine in a way that no copy shares and a restart does not change. Volumes have no such
// number here, but files have a time of birth.
func fileMark(f *os.File) (string, error) {
	var file unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d.%d:%d", file.Btim.Sec, file.Btim.Nsec, file.Ino), nil
}
