// Package logbook keeps what the program notes about itself, in a folder of the profile: a log of bounded size, and what a
// crash leaves behind. Whoever double-clicks a program never sees its standard error.
//
// The common case:
//
//	book, err := logbook.Open(filepath.Join(profile, "log"))
//	defer book.Close()
//	log := slog.New(slog.NewTextHandler(book, nil))
//	if book.Crashed() {
//		// tell the person, once
//	}
//	err = logbook.Write(file, folder, logbook.Facts{...}) // for whoever is asked for help
//
// What the package guarantees: the folder never grows beyond some megabytes; a disk that is full or gone stops nobody; the
// crash log of the last crash is kept until there is another; and a report holds nobody's words, names, keys or addresses:
// what is not known to be ours is left out of it.
package logbook
