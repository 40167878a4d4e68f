// Package assets holds what is built into the program: its icon, its font, its drawings and its words.
//
// Everything here is ours or free to pass on: the font's licence lies beside it, the rest was drawn for Haggle.
package assets

import (
	"embed"
	"io/fs"
	"strings"
)

// IconPNG is the program's icon, 512 pixels a side.
//
//go:embed icon.png
var IconPNG []byte

// TrayPNG is the icon beside the clock, 64 pixels a side, and TrayUnreadPNG the one with a mark for what is unread.
var (
	//go:embed tray.png
	TrayPNG []byte
	//go:embed tray-unread.png
	TrayUnreadPNG []byte
)

// FontRegular and FontBold are OpenType faces with Latin and the characters of GB2312.
var (
	//go:embed fonts/haggle-regular.otf
	FontRegular []byte
	//go:embed fonts/haggle-bold.otf
	FontBold []byte
)

//go:embed icons/*.svg translations/*.json
var files embed.FS

// Drawing is one of the small drawings on buttons: an SVG file of lines in currentColor. Nil if there is none of that name.
func Drawing(name string) []byte {
	drawing, err := files.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil
	}
	return drawing
}

// Drawings are the names that Drawing knows.
func Drawings() []string { return names("icons", ".svg") }

// Translation is what the program says in a language: a JSON object of texts by key. Nil if that language is not spoken.
func Translation(language string) []byte {
	words, err := files.ReadFile("translations/" + language + ".json")
	if err != nil {
		return nil
	}
	return words
}

// Languages are the names that Translation knows.
func Languages() []string { return names("translations", ".json") }

func names(folder, extension string) []string {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSuffix(e.Name(), extension))
	}
	return list
}
