package ui

import (
	"errors"
	"io/fs"
	"strings"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

// Vault locks the profile, and backs it up. Its methods wait for the disk, and are not called on the UI's goroutine, but for
// Locked, Remembered and Restart.
type Vault interface {
	Locked() bool
	Remembered() bool // the system's keyring opens it
	// Lock, Unlock and Restore say what is to be; it is when the program has started again: Restart.
	Lock(passphrase string) error
	Unlock(passphrase string) error
	Change(old, passphrase string) error
	Remember(on bool) error
	BackUp(file, passphrase string) error
	Restore(file, passphrase string) error
	Restart()
}

// What a Vault refuses for, besides fs.ErrExist and fs.ErrNotExist.
var (
	ErrWrongPassphrase = errors.New("that is not the passphrase")
	ErrEmptyPassphrase = errors.New("the passphrase is empty")
	ErrNoKeyring       = errors.New("there is no keyring")
	ErrNoBackup        = errors.New("that is no backup, or not all of one")
	ErrNewerBackup     = errors.New("a newer version wrote the backup")
)

// refusedVault says why something was not done with the lock or a backup.
func (k *kit) refusedVault(err error) string {
	switch {
	case errors.Is(err, ErrWrongPassphrase):
		return k.say("lock.wrong")
	case errors.Is(err, ErrEmptyPassphrase):
		return k.say("lock.empty")
	case errors.Is(err, ErrNoKeyring):
		return k.say("lock.noKeyring")
	case errors.Is(err, ErrNoBackup):
		return k.say("backup.damaged")
	case errors.Is(err, ErrNewerBackup):
		return k.say("backup.newer")
	case errors.Is(err, fs.ErrExist):
		return k.say("save.exists")
	case errors.Is(err, fs.ErrNotExist):
		return k.say("backup.noFile")
	case errors.Is(err, chat.ErrDiskFull):
		return k.say("failure.diskFull")
	default:
		return k.say("save.failed")
	}
}

// vaultRows are what the settings say of the lock and of backups.
func (k *kit) vaultRows(v Vault) []fyne.CanvasObject {
	if v == nil {
		return nil
	}
	say := k.say
	ask := func(f form) {
		f.why = k.refusedVault
		k.fill(f)
	}
	old := input{name: say("lock.passphrase"), secret: true}
	fresh := []input{{name: say("lock.new"), secret: true}, {name: say("lock.again"), secret: true, again: true}}
	state, lockButtons := say("lock.off"), []fyne.CanvasObject{newButton(tonal, "hide", say("lock.on"), func() {
		ask(form{
			title: say("lock.on"), hint: say("lock.onHint"), inputs: fresh, deed: say("lock.restart"), kind: primary,
			work: func(typed []string) error { return v.Lock(typed[0]) }, done: v.Restart,
		})
	})}
	if v.Locked() {
		state = say("lock.isOn")
		lockButtons = []fyne.CanvasObject{
			newButton(plain, "", say("lock.change"), func() {
				ask(form{
					title: say("lock.change"), hint: say("lock.changeHint"), inputs: append([]input{old}, fresh...), deed: say("lock.change"), kind: primary,
					work: func(typed []string) error { return v.Change(typed[0], typed[1]) }, done: func() { k.toast(say("lock.changed")) },
				})
			}),
			newButton(plain, "", say("lock.take"), func() {
				ask(form{
					title: say("lock.take"), hint: say("lock.takeHint"), inputs: []input{old}, deed: say("lock.restart"), kind: danger,
					work: func(typed []string) error { return v.Unlock(typed[0]) }, done: v.Restart,
				})
			}),
		}
	}
	rows := []fyne.CanvasObject{
		aligned(newColumn(6, newLabel(say("lock.title"), sizeCaption, colorMuted).strong(), newParagraph(state, sizeBody, colorText))),
		aligned(newFlow(grid, lockButtons...)),
	}
	if v.Locked() {
		rows = append(rows, k.keyringToggle(v))
	}
	return append(rows,
		aligned(newColumn(6, newLabel(say("backup.title"), sizeCaption, colorMuted).strong(), newParagraph(say("backup.hint"), sizeBody, colorText))),
		aligned(newFlow(grid, newButton(tonal, "save", say("backup.make"), func() {
			ask(form{
				title: say("backup.make"), hint: say("backup.makeHint"), deed: say("backup.write"), kind: primary,
				inputs: append([]input{{name: say("save.where"), text: k.freePath("haggle", ".backup")}}, fresh...),
				work:   func(typed []string) error { return v.BackUp(strings.TrimSpace(typed[0]), typed[1]) },
				done:   func() { k.toast(say("backup.made")) },
			})
		}))),
	)
}

// keyringToggle lets the system's keyring open the lock.
func (k *kit) keyringToggle(v Vault) fyne.CanvasObject {
	var t *toggle
	t = newToggle(k.say("lock.keyring"), k.say("lock.keyringHint"), v.Remembered(), func(on bool) {
		read(k, func() (struct{}, error) { return struct{}{}, v.Remember(on) }, func(_ struct{}, err error) {
			if err != nil {
				k.log.Warn("Keyring not used", "err", err)
				k.toast(k.refusedVault(err))
			}
			t.set(v.Remembered())
		})
	})
	return t
}

// restoreBackup asks for a backup that takes this profile's place.
func (k *kit) restoreBackup(v Vault) {
	k.fill(form{
		title: k.say("backup.restore"), hint: k.say("backup.restoreHint"), deed: k.say("backup.bring"), kind: primary, why: k.refusedVault,
		inputs: []input{{name: k.say("save.where")}, {name: k.say("backup.passphrase"), secret: true}},
		work:   func(typed []string) error { return v.Restore(strings.TrimSpace(typed[0]), typed[1]) }, done: v.Restart,
	})
}
