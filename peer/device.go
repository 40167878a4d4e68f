package peer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"haggle/chat"
)

const (
	deviceFile  = "device" // which installation this is: never part of a backup
	deviceLimit = 1 << 10
	deviceForm  = "haggle device v1\ndevice %s\nmachine %s\nfile %s\n"
)

// errOtherDevice says that the device file was not made here.
var errOtherDevice = errors.New("the folder is a copy or was moved")

// loadDevice returns the DeviceID in dir if its file was made on this machine and is that very file, not a copy of it.
func loadDevice(dir, machine string) (chat.DeviceID, error) {
	f, err := os.Open(filepath.Join(dir, deviceFile))
	if err != nil {
		return chat.DeviceID{}, err
	}
	defer func() { _ = f.Close() }()
	raw := make([]byte, deviceLimit)
	n, err := f.Read(raw)
	if err != nil {
		return chat.DeviceID{}, err
	}
	_, rest, _ := strings.Cut(string(raw[:n]), "\ndevice ")
	text, _, _ := strings.Cut(rest, "\n")
	device, err := chat.ParseDeviceID(text)
	if err != nil {
		return chat.DeviceID{}, err
	}
	want, err := formatDevice(device, machine, f)
	if err != nil {
		return chat.DeviceID{}, err
	}
	if string(want) != string(raw[:n]) {
		return chat.DeviceID{}, errOtherDevice
	}
	return device, nil
}

func makeDevice(dir, machine string) (chat.DeviceID, error) {
	var device chat.DeviceID
	if _, err := rand.Read(device[:]); err != nil {
		return device, err
	}
	err := replaceFile(filepath.Join(dir, deviceFile), func(f *os.File) ([]byte, error) {
		return formatDevice(device, machine, f)
	})
	return device, err
}

func formatDevice(device chat.DeviceID, machine string, f *os.File) ([]byte, error) {
	mark, err := fileMark(f)
	if err != nil {
		return nil, fmt.Errorf("tell the file from a copy: %w", err)
	}
	return fmt.Appendf(nil, deviceForm, device, machine, mark), nil
}

// hashMachine hides a machine's ID, which is nobody else's business, but lets it be recognised. A machine without an ID
// is like all others without: then the file alone tells.
func hashMachine(id string) string {
	h := sha256.Sum256([]byte("haggle machine v1\x00" + strings.TrimSpace(id)))
	return hex.EncodeToString(h[:16])
}
