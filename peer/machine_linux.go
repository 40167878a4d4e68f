package peer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// machineID recognises this installation of the system; see machine-id(5).
func machineID() string {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if id, err := os.ReadFile(path); err == nil {
			return hashMachine(string(id))
		}
	}
	return hashMachine("")
}

// fileMark names a file on this machine in a way that no copy shares and a restart does not change: the volume by what
// statfs(2) says, for device numbers are dealt out anew at each mount, and the inode.
func fileMark(f *os.File) (string, error) {
	var volume unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &volume); err != nil {
		return "", err
	}
	var file unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%08x%08x:%d", uint32(volume.Fsid.Val[0]), uint32(volume.Fsid.Val[1]), file.Ino), nil
}
