package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// phrases are what people say at a market, by the keys of their words.
var phrases = []string{
	"phrase.available", "phrase.price", "phrase.offer", "phrase.see", "phrase.where", "phrase.keep", "phrase.today", "phrase.tomorrow",
	"phrase.condition", "phrase.complete", "phrase.photo", "phrase.cash", "phrase.size", "phrase.thanks", "phrase.sorry",
}

// phrasePad offers phrases to tap, in either language: whoever has no input method still writes Chinese.
type phrasePad struct {
	kit    *kit
	object *fyne.Container
	flow   *fyne.Container
	page   *page
	other  *button
	say    func(string)
	words  *Words // the language that is tapped
}

func newPhrasePad(k *kit, say func(string)) *phrasePad {
	p := &phrasePad{kit: k, say: say, words: k.words, flow: newFlow(10)}
	p.other = k.bigButton(plain, "globe", "", p.turn)
	p.page = newPage(0, inset(12, 12, kioskGutter, kioskGutter, p.flow))
	p.page.scroll.OnScrolled = func(fyne.Position) { k.stirred() }
	high := 4*k.keyHeight() + 3*keyGap + 22 // as the keyboard, so that nothing jumps
	p.object = newSized(0, high, container.NewStack(p.page, overScroll(k, p.page.scroll)))
	p.build()
	return p
}

// turn offers the phrases in the other language.
func (p *phrasePad) turn() {
	language := "zh"
	if p.words.Language == language {
		language = "en"
	}
	p.words = NewWords(language)
	p.build()
}

func (p *phrasePad) build() {
	p.other.say(p.words.Say("phrase.otherLanguage"))
	p.flow.Objects = []fyne.CanvasObject{big(p.other)}
	for _, key := range phrases {
		words := p.words.Say(key)
		c := newChip(words, func() {
			p.kit.stirred()
			p.say(words)
		})
		c.radius = reach / 2
		p.flow.Add(big(c))
	}
	p.page.relayout()
	p.object.Refresh()
}
