package ui

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// App is the program in a window. Its methods are for the UI's goroutine.
type App struct {
	cfg      Config
	kit      *kit
	busy     sync.WaitGroup
	stop     context.CancelFunc
	settings Settings
	keeping  latest[struct{}]
	speak    func(language string) *Words

	frame   *frame
	intro   *intro // on the first start
	spots   [places]spot
	at      place
	notices *notices
	unread  latest[int]
	network latest[bool]
	total   int  // unread messages
	away    bool // the window does not have the focus
	hasTray bool

	offered  *chat.Invite // waits for the end of the introduction
	offering *modal       // asks whether to add somebody; nil if nothing does
}

// spot is a place: how to make its list, and what is open there.
type spot struct {
	make   func(*kit) pane              // its list
	blank  func(*kit) fyne.CanvasObject // what stands where no detail is; nil if the list takes all of it
	list   pane                         // nil until somebody was there
	detail pane                         // nil if nothing is open
	empty  fyne.CanvasObject
}

// New fills the window. ctx ends the reads under way when the program ends; see Close.
func New(ctx context.Context, cfg Config) *App {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.After == nil {
		cfg.After = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.SetTheme == nil {
		cfg.SetTheme = func(fyne.Theme) {}
	}
	if cfg.Notify == nil {
		cfg.Notify = func(Notice) {}
	}
	hasTray := cfg.Tray != nil
	if !hasTray {
		cfg.Tray = func(Tray) {}
	}
	if cfg.Save == nil {
		cfg.Save = func(Settings) error { return nil }
	}
	a := &App{cfg: cfg, settings: cfg.Settings, speak: NewWords, hasTray: hasTray}
	ctx, a.stop = context.WithCancel(ctx)
	a.kit = &kit{
		node: cfg.Node, window: cfg.Window, log: cfg.Logger, now: cfg.Now,
		post: cfg.Do, later: cfg.After, ctx: ctx, busy: &a.busy,
	}
	a.kit.ways = ways{
		place: a.goTo, goods: a.openGoods, person: a.openPerson, why: a.openWhy, offer: a.offer, edit: a.edit,
		room: a.openRoom, message: a.openMessage, chat: a.openChat, draft: a.drafted, leave: a.leave, seen: a.seen, bare: a.bared,
	}
	a.kit.ready, a.kit.desk = cfg.Prepare, cfg.Desk
	a.kit.clipboard, a.kit.board, a.kit.port = cfg.Clipboard, cfg.Board, cfg.Port
	a.kit.home = cfg.TakeHome
	a.kit.pics = newPictures(a.kit, &cfg)
	a.notices = newNotices(a.kit, cfg.Notify, a.undisturbed, a.watching)
	a.applyTheme()
	a.build()
	cfg.Window.SetOnDropped(a.drop)
	cfg.Feed.attach(func() { cfg.Do(a.drain) })
	a.countUnread()
	a.tellOfCrash()
	return a
}

// Close ends what runs off the UI's goroutine and waits for it. The window shows what it showed last.
func (a *App) Close() {
	a.stop()
	a.closePanes()
	a.busy.Wait()
}

func (a *App) language() string {
	if a.settings.Language != "" {
		return a.settings.Language
	}
	return LanguageOf(a.cfg.Locale)
}

func (a *App) applyTheme() {
	a.cfg.SetTheme(&Theme{Look: a.settings.Look, TextSize: a.settings.TextSize})
}

// change changes the settings and keeps them; the language and the look hold at once.
func (a *App) change(edit func(*Settings)) {
	before := a.settings
	edit(&a.settings)
	now := a.settings
	if now == before {
		return
	}
	a.keeping.read(a.kit, func() (struct{}, error) { return struct{}{}, a.cfg.Save(now) }, func(_ struct{}, err error) {
		if err != nil {
			a.cfg.Logger.Error("Settings not kept", "err", err)
		}
	})
	if now.Look != before.Look || now.TextSize != before.TextSize {
		a.applyTheme()
	}
	if now.Language != before.Language || now.Introduced != before.Introduced || now.TextSize != before.TextSize {
		a.build()
	}
}

// build makes the window's content, in the language that holds now.
func (a *App) build() {
	a.closePanes()
	a.kit.words = a.speak(a.language())
	a.bindKeys()
	a.spots = a.allSpots()
	a.frame = newFrame(newRail(a.kit, a.goTo, func() { a.openWhy(chat.PeerID{}) }))
	a.kit.toast = a.frame.tell(a.kit)
	a.showSelf()
	a.kit.after(networkGrace, a.lookAtNetwork)
	a.showTray()
	if !a.settings.Introduced {
		a.introduce()
		return
	}
	a.cfg.Window.SetContent(a.frame)
	a.showTotal()
	a.goTo(a.at)
}

// introduce shows the page of the first start, and the market once it is left.
func (a *App) introduce() {
	typed := ""
	if a.intro != nil {
		typed = a.intro.name.Text
	}
	a.intro = newIntro(a.kit, typed, a.cfg.Vault, func(code string) { a.change(func(s *Settings) { s.Language = code }) }, func() {
		a.intro = nil
		a.change(func(s *Settings) { s.Introduced = true })
		if a.offered != nil {
			a.Offer(*a.offered)
			a.offered = nil
		}
	})
	a.cfg.Window.SetContent(container.NewStack(a.intro.view, a.frame.over))
	a.cfg.Window.Canvas().Focus(a.intro.name)
	a.intro.name.Entry.TypedShortcut(&fyne.ShortcutSelectAll{}) // whoever types has another name than the machine's
}

// undisturbed reports whether a person wants no notifications now.
func (a *App) undisturbed() bool { return a.settings.Quiet || a.settings.QuietHours.at(a.kit.now()) }

func (a *App) closePanes() {
	for i := range a.spots {
		for _, p := range []pane{a.spots[i].list, a.spots[i].detail} {
			if p != nil {
				p.closed()
			}
		}
		a.spots[i] = spot{}
	}
}

// goTo shows a place; at the place one is at, it closes the detail.
func (a *App) goTo(to place) {
	s := &a.spots[to]
	if s.make == nil {
		return
	}
	if s.list == nil {
		s.list = s.make(a.kit)
	}
	a.at = to
	a.frame.rail.choose(to)
	a.present()
}

// present shows the place one is at.
func (a *App) present() {
	s := &a.spots[a.at]
	if s.blank != nil && s.empty == nil {
		s.empty = s.blank(a.kit)
	}
	a.frame.show(s.list, s.detail, s.empty, a.leave)
	a.refocus()
	a.frame.front().shown()
}

// refocus takes the focus from what is not on the screen any more: nobody writes into a room that they have left.
func (a *App) refocus() {
	c := a.cfg.Window.Canvas()
	if o, is := c.Focused().(fyne.CanvasObject); is && c.Overlays().Top() == nil && placeOf(o) == (fyne.Position{}) {
		c.Unfocus()
	}
}

// bared gives the list all of the window while it has nothing to choose from.
func (a *App) bared() {
	if a.frame.list != nil {
		a.frame.Refresh()
	}
}

// leave closes the detail.
func (a *App) leave() {
	a.open(a.at, nil)
	a.mark()
}

// drafted has the inbox show a room's draft as it is now: the node tells nobody of drafts.
func (a *App) drafted(id chat.RoomID) {
	for i := range a.spots {
		if b, is := a.spots[i].list.(*inbox); is {
			b.renew(id)
		}
	}
}

// seen reports whether a person can see a detail now: it is in front, in a window that has the focus.
func (a *App) seen(p pane) bool { return !a.away && a.frame.front() == p }

// watching reports whether a person can see a room now.
func (a *App) watching(id chat.RoomID) bool {
	p, ok := a.spots[placeChats].detail.(*roomPane)
	return ok && p.id == id && a.seen(p)
}

// Foreground tells that the window got the focus or lost it. What comes in meanwhile is not read.
func (a *App) Foreground(on bool) {
	a.away = !on
	if on && a.intro == nil && a.frame.list != nil {
		a.frame.front().shown()
	}
}

// open shows a detail at a place, in place of the one that was open there.
func (a *App) open(to place, detail pane) {
	if old := a.spots[to].detail; old != nil {
		old.closed()
	}
	a.spots[to].detail = detail
	a.goTo(to)
}

// drain applies what the node told.
func (a *App) drain() { a.cfg.Feed.drain(a.kit, a.apply) }

func (a *App) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.RoomChanged:
		a.countUnread()
	case chat.StoreNotice:
		if e.Kind == chat.NoticeRebuilt || e.Kind == chat.NoticeRolledBack {
			a.countUnread()
		}
	case chat.NetworkChanged:
		a.kit.after(networkGrace, a.lookAtNetwork)
	case chat.PeerOnline, chat.PeerOffline, chat.PeerChanged, chat.OtherDevice, chat.ListingChanged, chat.MessageReceived,
		chat.MessagePosted, chat.MessageStateChanged, chat.ImageChanged, chat.ImageSent:
	}
	a.notices.apply(e)
	for i := range a.spots {
		if s := &a.spots[i]; s.list != nil {
			s.list.apply(e)
		}
		if s := &a.spots[i]; s.detail != nil {
			s.detail.apply(e)
		}
	}
}

// showSelf puts the own portrait on the rail.
func (a *App) showSelf() {
	self := a.kit.node.Self()
	a.frame.rail.portrait.show(self.ID, self.Name, false)
}

// networkGrace is how long there may be no network before it is said: a machine that wakes or changes it has none for a moment.
const networkGrace = 2 * time.Second

// lookAtNetwork says on the rail when there is no network.
func (a *App) lookAtNetwork() {
	a.network.read(a.kit, func() (bool, error) { return len(a.kit.node.Self().Addresses) > 0, nil }, func(here bool, _ error) {
		a.frame.rail.showOffline(!here)
	})
}

// countUnread adds up what is unread, for the rail and the window's title.
func (a *App) countUnread() {
	a.unread.read(a.kit, func() (int, error) { return unreadMessages(a.kit.node) }, func(n int, err error) {
		if err != nil {
			a.cfg.Logger.Error("Unread messages not counted", "err", err)
			return
		}
		a.total = n
		a.showTotal()
	})
}

func unreadMessages(n Node) (int, error) {
	sum := 0
	for offset := 0; ; offset += chat.MaxPage {
		_, page, err := n.Rooms(chat.Unread, offset, chat.MaxPage)
		if err != nil {
			return 0, err
		}
		for _, r := range page {
			sum += r.Unread
		}
		if len(page) < chat.MaxPage {
			return sum, nil
		}
	}
}

func (a *App) showTotal() {
	chats := a.frame.rail.items[placeChats]
	chats.number.set(a.total)
	chats.Refresh() // a number that was hidden until now is on no canvas, and could not have itself drawn
	title := "Haggle"
	if a.total > 0 {
		title = "(" + shortNumber(a.total) + ") " + title
	}
	a.cfg.Window.SetTitle(strings.TrimSpace(title))
	a.showTray()
}

// showTray tells how much is unread beside the clock, too.
func (a *App) showTray() {
	t := Tray{Show: a.kit.say("tray.show"), Quit: a.kit.say("tray.quit"), Tip: "Haggle", Unread: a.total > 0}
	if t.Unread {
		t.Show = a.kit.say("tray.showUnread", shortNumber(a.total))
		t.Tip = a.kit.say("tray.tip", shortNumber(a.total))
	}
	a.cfg.Tray(t)
}

// ClosesToTray reports whether closing the window is to leave the program beside the clock.
func (a *App) ClosesToTray() bool { return a.hasTray && a.settings.CloseToTray }

// Keep keeps the window's size for the next start, and does not wait for the disk.
func (a *App) Keep(width, height float32) {
	a.change(func(s *Settings) { s.Width, s.Height = width, height })
}
