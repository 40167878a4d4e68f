// Package autostart has the system start the program when somebody logs in.
//
// The common case:
//
//	item := autostart.Item{Name: "haggle", Title: "Haggle", Program: path, Args: []string{"--hidden"}}
//	err := item.Set(true)     // a switch was turned on
//	on, err := item.On()      // and is on until it is turned off here, or in the system's own settings
//	err = item.Follow()       // at each start: the program may have moved
//
// On Linux an item is a file of the desktop's autostart folder, on macOS a LaunchAgent, on Windows a value under the Run key.
// Nothing but that file or value is written, and turning off removes it: the system is where it stands whether it is on.
package autostart
