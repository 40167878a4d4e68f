package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// settings is where a person says who they are and how they like it.
type settings struct {
	kit    *kit
	change func(func(*Settings))
	view   *fyne.Container
	page   *page

	name, about           *entry
	nameField, aboutField *field
	portrait              *portraitChoice
	save                  *button
	receipts, autostart   *toggle
	starting              latest[bool]
	saved                 func()
}

// settingsCfg is what the page shows that is not of the node.
type settingsCfg struct {
	now     Settings
	change  func(func(*Settings)) // changes and keeps the settings
	doctor  func()                // opens the network's page
	keys    func()                // shows the list of keys
	saved   func()                // the profile is another
	tray    bool                  // there is a place beside the clock
	folder  string
	vault   Vault // nil where there is no lock and no backup
	version string
	build   string

	autostart Autostart // nil: the system starts nothing
	report    func()    // asks where a report goes; nil: there is none
}

func newSettings(k *kit, cfg settingsCfg) *settings {
	s := &settings{kit: k, change: cfg.change, saved: cfg.saved}
	s.page = newPage(680, inset(0, 32, gutter, gutter, newColumn(gutter,
		s.profile(),
		s.looks(cfg.now),
		s.messages(cfg.now),
		s.desktop(cfg),
		s.network(cfg.doctor),
		s.storage(cfg.folder, cfg.vault),
		s.program(cfg),
	)))
	s.view = container.New(topAndRest{}, newHeader(k, newTitle(k.say("rail.settings"))).Container, s.page)
	return s
}

func (s *settings) object() fyne.CanvasObject { return s.view }
func (*settings) back(func())                 {}
func (*settings) closed()                     {}
func (*settings) shown()                      {}
func (*settings) apply(chat.Event)            {}

// section is a card with a title.
func (s *settings) section(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	inside := append([]fyne.CanvasObject{inset(0, 0, 12, 12, newLabel(title, sizeStrong, colorText).strong())}, rows...)
	return newCard(inset(gutter, 12, grid, grid, newColumn(12, inside...)))
}

// aligned gives a row the distance that toggles have.
func aligned(o fyne.CanvasObject) fyne.CanvasObject { return inset(0, 0, 12, 12, o) }

func (s *settings) profile() fyne.CanvasObject {
	say := s.kit.say
	self := s.kit.node.Self()
	s.name = newEntry(s.kit, say("intro.namePlace"))
	s.name.SetText(text.Line(self.Name, chat.MaxName))
	s.about = newLongEntry(s.kit, say("profile.aboutPlace"), 2)
	s.about.SetText(text.Clean(self.About))
	s.portrait = newPortraitChoice(s.kit, self, 72)
	s.nameField, s.aboutField = newField(say("intro.name"), tall(s.name)), newField(say("profile.about"), s.about)
	s.save = newButton(primary, "", say("profile.save"), s.keepProfile)
	s.save.enable(false)
	touched := func(string) { s.save.enable(true) }
	s.name.OnChanged, s.about.OnChanged = touched, touched
	s.name.OnSubmitted = func(string) { s.keepProfile() }
	s.portrait.changed = func() { s.save.enable(true) }
	return s.section(say("settings.profile"),
		aligned(newRow(gutter, 1, s.portrait.face, s.portrait.buttons)),
		aligned(s.nameField.Container), aligned(s.aboutField.Container),
		aligned(container.New(toRight{grid}, s.save)),
	)
}

func (s *settings) keepProfile() {
	name, about := strings.TrimSpace(s.name.Text), strings.TrimSpace(s.about.Text)
	wrongAbout := ""
	if text.Characters(about) > chat.MaxAbout {
		wrongAbout = s.kit.say("profile.aboutLong", chat.MaxAbout)
	}
	wrongName := s.kit.wrongName(name)
	s.nameField.complain(wrongName)
	s.aboutField.complain(wrongAbout)
	s.page.relayout()
	if wrongName+wrongAbout != "" {
		return
	}
	s.save.enable(false)
	change := chat.SelfChange{Name: &name, About: &about, Picture: s.portrait.chosen}
	then := answer(s.kit, func(_ chat.SelfView, err error) {
		if err != nil {
			s.kit.log.Error("Profile not kept", "err", err)
			s.save.enable(true)
			s.kit.toast(s.kit.failure(err))
			return
		}
		s.kit.toast(s.kit.say("profile.saved"))
		s.saved()
	})
	s.kit.off(func() { s.kit.node.SetSelf(change, then) })
}

// chipChoice is a line of chips of which one is chosen.
func chipChoice[T comparable](now T, options []T, name func(T) string, choose func(T)) *fyne.Container {
	chips := newFlow(grid)
	var all []*chip
	for _, o := range options {
		var c *chip
		c = newChip(name(o), func() {
			for _, other := range all {
				other.choose(other == c)
			}
			choose(o)
		})
		c.choose(o == now)
		all = append(all, c)
		chips.Add(c)
	}
	return chips
}

// textSizes are the sizes of text to choose from.
var textSizes = []float32{1, 1.15, 1.3, 1.5}

func (s *settings) looks(now Settings) fyne.CanvasObject {
	say := s.kit.say
	named := func(name string, chips *fyne.Container) fyne.CanvasObject {
		return aligned(newColumn(6, newLabel(name, sizeCaption, colorMuted).strong(), chips))
	}
	codes := []string{}
	for _, l := range Languages {
		codes = append(codes, l.Code)
	}
	size := now.TextSize
	if size == 0 {
		size = 1
	}
	return s.section(say("settings.looks"),
		named(say("intro.language"), chipChoice(s.kit.words.Language, codes, languageName, func(code string) {
			s.change(func(s *Settings) { s.Language = code })
		})),
		named(say("settings.look"), chipChoice(now.Look, []Look{LookSystem, LookLight, LookDark}, func(l Look) string {
			switch l {
			case LookLight:
				return say("settings.light")
			case LookDark:
				return say("settings.dark")
			default:
				return say("settings.system")
			}
		}, func(l Look) { s.change(func(s *Settings) { s.Look = l }) })),
		named(say("settings.textSize"), chipChoice(size, textSizes, sizePercent, func(size float32) {
			s.change(func(s *Settings) { s.TextSize = size })
		})),
	)
}

func languageName(code string) string {
	for _, l := range Languages {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

func (s *settings) messages(now Settings) fyne.CanvasObject {
	say := s.kit.say
	s.receipts = newToggle(say("settings.receipts"), say("settings.receiptsHint"), s.kit.node.Self().ReadReceipts, s.setReceipts)
	quiet := newToggle(say("settings.notify"), say("settings.notifyHint"), !now.Quiet, func(on bool) {
		s.change(func(s *Settings) { s.Quiet = !on })
	})
	return s.section(say("settings.messages"), append([]fyne.CanvasObject{s.receipts, quiet}, s.quietHours(now.QuietHours)...)...)
}

// desktop is how the program lives beside others on this machine.
func (s *settings) desktop(cfg settingsCfg) fyne.CanvasObject {
	say := s.kit.say
	var rows []fyne.CanvasObject
	if cfg.autostart != nil {
		s.autostart = newToggle(say("settings.autostart"), say("settings.autostartHint"), false, func(on bool) { s.setAutostart(cfg.autostart, on) })
		read(s.kit, cfg.autostart.On, s.showAutostart)
		rows = append(rows, s.autostart)
	}
	if cfg.tray {
		rows = append(rows, newToggle(say("settings.tray"), say("settings.trayHint"), cfg.now.CloseToTray, func(on bool) {
			s.change(func(s *Settings) { s.CloseToTray = on })
		}))
	}
	if rows == nil {
		return newColumn(0)
	}
	return s.section(say("settings.desktop"), rows...)
}

// setAutostart shows afterwards what the system then does, whatever was wanted.
func (s *settings) setAutostart(a Autostart, on bool) {
	s.starting.read(s.kit, func() (bool, error) {
		failed := a.Set(on)
		now, err := a.On()
		return now, errors.Join(failed, err)
	}, func(now bool, err error) {
		if err != nil {
			s.kit.toast(s.kit.say("settings.autostartFailed"))
		}
		s.showAutostart(now, err)
	})
}

func (s *settings) showAutostart(on bool, err error) {
	if err != nil {
		s.kit.log.Error("Start with the system not known", "err", err)
	}
	s.autostart.set(on)
}

func (s *settings) setReceipts(on bool) {
	then := answer(s.kit, func(self chat.SelfView, err error) {
		if err != nil {
			s.kit.log.Error("Setting not kept", "err", err)
			s.kit.toast(s.kit.failure(err))
			self = s.kit.node.Self()
		}
		s.receipts.set(self.ReadReceipts)
	})
	s.kit.off(func() { s.kit.node.SetSelf(chat.SelfChange{ReadReceipts: &on}, then) })
}

func (s *settings) network(doctor func()) fyne.CanvasObject {
	say := s.kit.say
	return s.section(say("settings.network"),
		aligned(newParagraph(say("settings.networkHint"), sizeBody, colorMuted)),
		aligned(newFlow(grid,
			newButton(tonal, "network", say("settings.check"), doctor),
			newButton(plain, "copy", say("settings.copyInvite"), func() { s.kit.copy(s.kit.invite()) }),
		)),
	)
}

// invite is one's own invite line, to be given to somebody on another network.
func (k *kit) invite() string {
	self := k.node.Self()
	addresses := self.Addresses
	if len(addresses) > maxInvited {
		addresses = addresses[:maxInvited]
	}
	return chat.Invite{Peer: self.ID, Addresses: addresses}.String()
}

// maxInvited is how many addresses an invite line has.
const maxInvited = 4

func (s *settings) storage(folder string, v Vault) fyne.CanvasObject {
	say := s.kit.say
	rows := []fyne.CanvasObject{
		aligned(newParagraph(say("settings.storageHint"), sizeBody, colorMuted)),
		aligned(newPanel(colorRaised, radius, inset(grid, grid, gutter, grid, newRow(grid, 0,
			newParagraph(folder, sizeCaption, colorText),
			newIconButton("copy", say("settings.copyFolder"), func() { s.kit.copy(folder) }))))),
	}
	if s.kit.home != nil {
		rows = append(rows, aligned(newFlow(grid, newButton(plain, "", say("settings.takeHome"), s.kit.takeHome))))
	}
	return s.section(say("settings.storage"), append(rows, s.kit.vaultRows(v)...)...)
}

func (s *settings) program(cfg settingsCfg) fyne.CanvasObject {
	say := s.kit.say
	about := newColumn(2, newLabel("Haggle "+cfg.version, sizeBody, colorText).strong())
	if cfg.build != "" {
		about.Add(newParagraph(cfg.build, sizeCaption, colorMuted))
	}
	about.Add(newParagraph(say("settings.aboutHint"), sizeCaption, colorMuted))
	buttons := newFlow(grid, newButton(plain, "info", say("settings.keys"), cfg.keys))
	if cfg.report != nil {
		buttons.Add(newButton(plain, "save", say("report.save"), cfg.report))
	}
	return s.section(say("settings.about"),
		aligned(newRow(gutter, 1, newSized(48, 48, programIcon()), about)),
		aligned(buttons),
	)
}
