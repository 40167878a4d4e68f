package picture

import "encoding/binary"

// maxEXIF bounds what is read of an EXIF block. The orientation stands near its start.
const maxEXIF = 64 << 10

// readOrientation finds the orientation in an EXIF block, which is a little TIFF file. A block that is damaged or does not
// tell says 1: upright.
func readOrientation(exif []byte) orientation {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	const entrySize, orientationTag, short = 12, 0x0112, 3
	directory := uint64(order.Uint32(exif[4:]))
	if directory+2 > uint64(len(exif)) {
		return 1
	}
	entries := exif[directory+2:]
	for range order.Uint16(exif[directory:]) {
		if len(entries) < entrySize {
			return 1
		}
		if order.Uint16(entries) == orientationTag {
			value := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != short || order.Uint32(entries[4:]) != 1 || value < 1 || value > 8 {
				return 1
			}
			return orientation(value)
		}
		entries = entries[entrySize:]
	}
	return 1
}
