package discovery

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"haggle/chat"
)

const (
	maxTXTStrings = 16
	maxTXTBytes   = 1300
	maxElsewhere  = 4 // addresses of other interfaces in a TXT record
	txtVersion    = "1"
)

var errTXT = errors.New("not a TXT record of ours")

// txt is what the TXT record of an announcement says.
type txt struct {
	device    chat.DeviceID
	protocol  int
	catalog   uint32
	elsewhere []netip.Addr // IPv4 addresses of the announcer on other interfaces
}

// formatTXT writes at most 6 ASCII strings and 200 bytes.
func formatTXT(a Announcement, elsewhere []netip.Addr) []string {
	strs := []string{
		"txtvers=" + txtVersion,
		"pv=" + strconv.Itoa(a.Protocol),
		"g=" + fmt.Sprintf("%08x", a.Catalog),
		"d=" + a.Device.String(),
	}
	if a.Roles != "" {
		strs = append(strs, "r="+a.Roles)
	}
	var others []string
	for _, ip := range elsewhere {
		if ip.Is4() && len(others) < maxElsewhere {
			others = append(others, ip.String())
		}
	}
	if len(others) > 0 {
		strs = append(strs, "a="+strings.Join(others, ","))
	}
	return strs
}

// parseTXT reads the strings of a TXT record. Unknown keys are ignored, of a repeated key the first counts; a record
// without version, protocol and device is refused.
func parseTXT(strs []string) (txt, error) {
	if len(strs) > maxTXTStrings {
		return txt{}, errTXT
	}
	var (
		t     txt
		total int
		seen  = make(map[string]bool, len(strs))
	)
	for _, s := range strs {
		if total += len(s); total > maxTXTBytes || !printable(s) {
			return txt{}, errTXT
		}
		key, value, _ := strings.Cut(s, "=")
		key = strings.ToLower(key)
		if seen[key] {
			continue
		}
		seen[key] = true
		if err := t.set(key, value); err != nil {
			return txt{}, err
		}
	}
	if !seen["txtvers"] || !seen["pv"] || !seen["d"] {
		return txt{}, errTXT
	}
	return t, nil
}

func (t *txt) set(key, value string) error {
	switch key {
	case "txtvers":
		if value != txtVersion {
			return errTXT
		}
	case "pv":
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return errTXT
		}
		t.protocol = int(n)
	case "g":
		raw, err := hex.DecodeString(value)
		if err != nil || len(raw) != 4 {
			return errTXT
		}
		t.catalog = uint32(raw[0])<<24 | uint32(raw[1])<<16 | uint32(raw[2])<<8 | uint32(raw[3])
	case "d":
		d, err := chat.ParseDeviceID(value)
		if err != nil {
			return errTXT
		}
		t.device = d
	case "a":
		for part := range strings.SplitSeq(value, ",") {
			ip, err := netip.ParseAddr(part)
			if err != nil || !ip.Is4() || len(t.elsewhere) == maxElsewhere {
				return errTXT
			}
			t.elsewhere = append(t.elsewhere, ip)
		}
	}
	return nil
}

// printable reports whether s is ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cleanRoles keeps the letters of roles that mean something: b buys, s sells.
func cleanRoles(roles string) string {
	var clean string
	for _, r := range "bs" {
		if strings.ContainsRune(roles, r) {
			clean += string(r)
		}
	}
	return clean
}
