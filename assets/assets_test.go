package assets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
)

func TestDrawings(t *testing.T) {
	all := Drawings()
	if len(all) < 20 {
		t.Fatalf("%d drawings, want those of the whole program", len(all))
	}
	for _, name := range all {
		raw := Drawing(name)
		if !bytes.Contains(raw, []byte("currentColor")) {
			t.Errorf("%s is not drawn in currentColor, so it cannot follow the theme", name)
		}
		d := xml.NewDecoder(bytes.NewReader(raw))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
	if Drawing("no such drawing") != nil {
		t.Error("a drawing that does not exist was found")
	}
}

func TestFilesAreThere(t *testing.T) {
	if !bytes.HasPrefix(IconPNG, []byte("\x89PNG")) {
		t.Error("the icon is not a PNG file")
	}
	for _, font := range [][]byte{FontRegular, FontBold} {
		if !bytes.HasPrefix(font, []byte("OTTO")) {
			t.Error("a font is not an OpenType file")
		}
	}
	if Translation("en") == nil || Translation("zh") == nil || Translation("xx") != nil {
		t.Error("translations are not those of English and Chinese")
	}
}
