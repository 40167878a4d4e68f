package ui

import (
	"errors"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// editorWidth is the most that the lines to fill in take.
const editorWidth float32 = 680

// editor is where a person says what they offer, or changes it. What is written survives the end of the program at any
// moment; see goodsDraft.
type editor struct {
	kit      *kit
	id       chat.ListingID // zero: new goods
	old      *chat.Listing  // what is offered now, nil for new goods
	currency func(string)   // hears which one was chosen
	leave    func()         // closes the editor
	draft    *draftKeeper

	head  *header
	page  *page
	view  *fyne.Container
	begun *panel // says that this was begun before

	photos                                        *photoRow
	title, amount, category, quantity, text       *entry
	titleField, priceField, kindField, countField *field
	textField, photoField                         *field
	unit                                          *choice
	kinds, states                                 *choices
	trouble                                       *label
	save                                          *button
	saving                                        bool
}

// newEditor opens the editor for own goods, or for new ones if old is nil. currency is what prices are in at first;
// chosen hears another choice. leave closes the editor.
func newEditor(k *kit, old *chat.Listing, currency string, chosen func(string), leave func()) *editor {
	e := &editor{kit: k, old: old, currency: chosen, leave: leave}
	title, save := k.say("editor.new"), k.say("editor.publish")
	if old != nil {
		e.id = old.ID
		title, save = k.say("editor.change"), k.say("editor.save")
	}
	e.draft = newDraftKeeper(k, e.id)
	e.save = newButton(primary, "check", save, e.submit)
	e.makeFields(currency)
	e.begun = e.newBegun()
	e.trouble = newParagraph("", sizeBody, colorDanger)
	e.trouble.Hide()
	form := newColumn(gutter,
		e.begun,
		e.photoField.Container,
		e.titleField.Container,
		container.New(sideBySide{gutter}, e.priceField.Container, e.countField.Container),
		e.kindField.Container,
		newField(k.say("editor.condition"), e.states.Container).Container,
		e.textField.Container,
		e.trouble,
		newRow(grid, -1, e.save, newButton(plain, "", k.say("do.cancel"), leave)),
	)
	e.page = newPage(editorWidth, inset(0, gutter*2, gutter, gutter, form))
	e.head = newHeader(k, newTitle(title))
	e.view = stacked(e.head.Container, e.page)
	e.show(draftOf(old, currency))
	e.restore()
	return e
}

func (e *editor) makeFields(currency string) {
	k := e.kit
	e.photos = newPhotoRow(k, e.draft, func() { e.changed(); e.page.relayout() })
	e.photoField = newField(k.say("editor.photos"), e.photos.Container)
	e.photos.complain = e.photoField.complain
	e.title = newEntry(k, k.say("editor.title.hint"))
	e.titleField = newField(k.say("editor.title"), tall(e.title))
	e.amount = newEntry(k, "")
	e.unit = newChoice(k, k.say("editor.currency"), currency, currenciesFor(currency), func(c string) { e.currency(c); e.changed() })
	e.priceField = newField(k.say("editor.price"), newRow(grid, 0, tall(e.amount), e.unit))
	e.quantity = newEntry(k, "1")
	e.countField = newField(k.say("editor.quantity"), tall(e.quantity))
	e.category = newEntry(k, k.say("editor.category.hint"))
	e.kinds = newChoices(k, categories, func(string) { e.category.SetText(""); e.changed() })
	e.kindField = newField(k.say("editor.category"), newColumn(grid, e.kinds.Container, tall(e.category)))
	e.states = newChoices(k, conditions, func(string) { e.changed() })
	e.text = newLongEntry(k, k.say("editor.text.hint"), 6)
	e.textField = newField(k.say("editor.text"), e.text)
	for in, f := range map[*entry]*field{e.title: e.titleField, e.amount: e.priceField, e.quantity: e.countField, e.text: e.textField} {
		in.OnChanged = func(string) { e.mending(f); e.changed() }
	}
	for _, in := range []*entry{e.title, e.amount, e.quantity, e.category} {
		in.OnSubmitted = func(string) { e.submit() }
	}
	e.category.OnChanged = func(word string) {
		if word != "" || !e.kinds.known() {
			e.kinds.choose(meant(k, categories, word))
		}
		e.changed()
	}
}

// newBegun tells that the editor shows what was begun and not finished.
func (e *editor) newBegun() *panel {
	k := e.kit
	words := newRow(grid, 1, newIcon("info", colorOnSoft, 20), newParagraph(k.say("editor.begun"), sizeBody, colorOnSoft),
		newButton(plain, "", k.say("editor.startOver"), e.startOver))
	p := newPanel(colorAccentSoft, radius, pad(grid, words))
	p.Hide()
	return p
}

func (e *editor) object() fyne.CanvasObject { return e.view }
func (*editor) apply(chat.Event)            {}
func (e *editor) back(leave func())         { e.head.back(leave) }
func (e *editor) dropped(paths []string)    { e.photos.add(paths) }
func (e *editor) closed()                   { e.draft.flush(e.written) }

// shown puts the cursor where one begins to write.
func (e *editor) shown() {
	if c := e.kit.window.Canvas(); e.old == nil && c.Focused() == nil {
		c.Focus(e.title)
	}
}

// show fills the fields in.
func (e *editor) show(d goodsDraft) {
	e.title.SetText(d.Title)
	e.amount.SetText(d.Amount)
	e.unit.choose(d.Currency)
	e.category.SetText("")
	if e.kinds.choose(d.Category); !e.kinds.known() {
		e.category.SetText(d.Category)
	}
	e.states.choose(d.Condition)
	e.quantity.SetText(d.Quantity)
	e.text.SetText(d.Text)
	e.photos.show(d.photos)
}

// written is what the fields say now.
func (e *editor) written() goodsDraft {
	return goodsDraft{
		Title: e.title.Text, Amount: e.amount.Text, Currency: e.unit.value, Category: e.kinds.chosen,
		Condition: e.states.chosen, Quantity: e.quantity.Text, Text: e.text.Text, photos: e.photos.ready(),
	}
}

// restore shows what was begun before, if anything was.
func (e *editor) restore() {
	read(e.kit, func() (*goodsDraft, error) { return e.draft.read(e.old) }, func(d *goodsDraft, err error) {
		if err != nil {
			e.kit.log.Error("Begun goods not read", "err", err)
		}
		e.draft.shownAs(draftOf(e.old, e.unit.value))
		if d == nil {
			return
		}
		e.show(*d)
		e.begun.Show()
		e.page.relayout()
	})
}

// startOver forgets what was begun.
func (e *editor) startOver() {
	e.draft.forget()
	e.begun.Hide()
	e.show(draftOf(e.old, e.unit.value))
	e.page.relayout()
}

// mending takes back a complaint about a field that is written in.
func (e *editor) mending(f *field) {
	if f.wrong.Visible() {
		f.complain("")
		e.page.relayout()
	}
}

// changed keeps what is written before long.
func (e *editor) changed() {
	if !e.saving {
		e.draft.changed(e.written)
	}
}

// goods reads the fields. Those that are wrong say so, and the first of them is returned to be mended.
func (e *editor) goods() (chat.Goods, *entry) {
	k := e.kit
	var first *entry
	check := func(f *field, in *entry, wrong string) {
		f.complain(wrong)
		if wrong != "" && first == nil {
			first = in
		}
	}
	g := chat.Goods{
		Title: strings.TrimSpace(e.title.Text), Description: strings.TrimSpace(e.text.Text),
		Category: e.kinds.chosen, Condition: e.states.chosen,
	}
	long := func(s string, most int) string {
		if n := len([]rune(s)); n > most {
			return k.say("editor.tooLong", strconv.Itoa(n), strconv.Itoa(most))
		}
		return ""
	}
	wrong := long(g.Title, chat.MaxTitle)
	if text.Blank(g.Title) {
		wrong = k.say("editor.title.missing")
	}
	check(e.titleField, e.title, wrong)
	var err error
	g.Price, err = priceOf(e.amount.Text, e.unit.value)
	wrong = ""
	switch {
	case strings.TrimSpace(e.amount.Text) == "": // forgotten rather than meant as a gift
		wrong = k.say("editor.price.missing")
	case err != nil:
		wrong = k.say("editor.price.wrong")
	}
	check(e.priceField, e.amount, wrong)
	n, err := strconv.ParseUint(defaultTo(strings.TrimSpace(e.quantity.Text), "1"), 10, 32)
	wrong = ""
	if err != nil || n > chat.MaxQuantity {
		wrong = k.say("editor.quantity.wrong")
	}
	g.Quantity = uint32(n)
	check(e.countField, e.quantity, wrong)
	check(e.kindField, e.category, long(g.Category, chat.MaxWord))
	check(e.textField, e.text, long(g.Description, chat.MaxDescription))
	return g, first
}

// submit offers the goods, or their change, unless something is wrong with them.
func (e *editor) submit() {
	if e.saving {
		return
	}
	e.say("")
	goods, wrong := e.goods()
	switch {
	case wrong != nil:
		e.page.relayout()
		e.kit.window.Canvas().Focus(wrong)
		return
	case e.photos.busy():
		e.say(e.kit.say("editor.photos.wait"))
		return
	}
	e.setSaving(true)
	photos := e.photos.ready()
	read(e.kit, func() ([]chat.Photo, error) { return putPhotos(e.kit, photos) }, func(put []chat.Photo, err error) {
		if err != nil {
			e.done(nil, err)
			return
		}
		goods.Photos = put
		if e.old == nil {
			e.kit.off(func() { e.kit.node.Publish(goods, answer(e.kit, e.done)) })
			return
		}
		e.kit.off(func() {
			e.kit.node.Revise(e.id, func(g *chat.Goods, _ *chat.Status) error { *g = goods; return nil }, answer(e.kit, e.done))
		})
	})
}

// done closes the editor once the goods are stored, or says why they are not.
func (e *editor) done(_ *chat.Listing, err error) {
	if err != nil {
		e.kit.log.Error("Goods not stored", "err", err)
		e.setSaving(false)
		if errors.Is(err, chat.ErrTooLarge) {
			e.say(e.kit.say("editor.tooMuch"))
		} else {
			e.say(e.kit.failure(err))
		}
		return
	}
	e.draft.forget()
	e.leave()
	if e.old == nil {
		e.kit.toast(e.kit.say("editor.published"))
	}
}

func (e *editor) setSaving(on bool) {
	e.saving = on
	e.save.enable(!on)
}

// say tells a trouble with all of it, or with "" that there is none.
func (e *editor) say(trouble string) {
	e.trouble.set(trouble)
	if trouble == "" {
		e.trouble.Hide()
	} else {
		e.trouble.Show()
	}
	e.page.relayout()
}

// priceOf reads an amount as people write it: with a comma or a point, with spaces; nothing is free.
func priceOf(amount, currency string) (chat.Money, error) {
	amount = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\'', '¥', '€', '$', '£':
			return -1
		case '。', '．':
			return '.'
		case '，':
			return ','
		}
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, amount)
	if strings.Count(amount, ",") == 1 && !strings.Contains(amount, ".") && len(amount)-strings.IndexByte(amount, ',') <= 3 {
		amount = strings.Replace(amount, ",", ".", 1) // a decimal comma
	}
	amount = strings.ReplaceAll(amount, ",", "")
	if head, ok := strings.CutSuffix(amount, "."); ok {
		amount = head
	}
	if head, tail, dotted := strings.Cut(amount, "."); dotted && strings.Trim(tail, "0") == "" {
		amount = head // 5.00 of a currency without decimals
	}
	return chat.ParseMoney(defaultTo(amount, "0"), currency)
}

func defaultTo(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// meant is the form in which goods carry a word that a person wrote: that of a known one if it is called so.
func meant(k *kit, of []word, written string) string {
	written = strings.TrimSpace(written)
	for _, w := range of {
		if strings.EqualFold(written, k.say(w.key)) || strings.EqualFold(written, w.stored) {
			return w.stored
		}
	}
	return written
}
