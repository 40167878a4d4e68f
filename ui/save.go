package ui

import (
	"errors"
	"io"

	"haggle/chat"
)

// savePicture asks where a picture goes and writes it there, and tells where.
func (k *kit) savePicture(p chat.Photo, tell func(string)) {
	ending := ".jpg"
	if p.Type == "png" {
		ending = ".png"
	}
	k.saveAs(saving{
		title: k.say("save.title"), path: k.freePath("haggle", ending), tell: tell,
		write: func(w io.Writer) error {
			data, err := k.node.ReadPicture(p.Hash)
			if err == nil {
				_, err = w.Write(data)
			}
			return err
		},
		why: func(err error) string {
			if errors.Is(err, chat.ErrNotFound) {
				return k.say("save.notHere")
			}
			return ""
		},
	})
}
