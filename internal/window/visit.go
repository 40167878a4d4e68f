package window

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Drawings are the names that Drawing knows.
func Drawings() []string { return slices.Sorted(maps.Keys(drawings)) }

// Visit lets a stranger come by whose every word is as long as it may be: they offer a thing with nine photos, which reaches the
// seller, and ask the seller for something, which waits for an answer. Both profiles have to be closed.
func Visit(program, folder, language string, p Profiles) error {
	flags := []string{"--no-discovery", "--listen", "127.0.0.1:0"}
	seller, err := Serve(program, p.Seller, flags...)
	if err != nil {
		return err
	}
	stranger, err := Serve(program, filepath.Join(folder, "stranger"), flags...)
	if err != nil {
		return errors.Join(err, seller.End())
	}
	err = visit(seller, stranger, folder, language == "zh")
	return errors.Join(err, stranger.End(), seller.End())
}

func visit(seller, stranger *Headless, folder string, zh bool) error {
	name, title, currency := "Maximiliane Featherstonehaugh-Ox", "Hand-painted porcelain dinner service for twelve, with tureen and gravy boat", "EUR"
	words := strings.Repeat("Every piece was painted by hand and none is chipped. ", 12)
	asks := "Good morning! I collect teapots and have seen yours this morning on my way to work. Would you keep it for me until the weekend, and may I bring a friend who knows more about glazes than I do?"
	if zh {
		name, title, currency = "景德镇老字号手工青花瓷茶具与古董家具收藏交流铺子", "手工彩绘景德镇青花瓷十二人用餐具整套含汤碗酱料碟茶壶茶杯以及原装樟木收纳箱和防震衬垫附送保养说明书与鉴定证书各一份", "CNY"
		words = strings.Repeat("每一件都是手工绘制，没有磕碰，也没有修补过的痕迹。", 12)
		asks = "早上好！我收藏茶壶，今天上班路上看到了您的这一把，非常喜欢。能不能帮我留到周末？我想带一位更懂釉色的朋友一起来看看，价格好商量。"
	}
	if err := errors.Join(
		stranger.Call("self.set", map[string]any{"name": name}, nil),
		stranger.Call("peers.add", map[string]any{"address": seller.Address}, nil),
	); err != nil {
		return err
	}
	var photos []string
	for _, drawing := range Drawings()[:9] {
		photo, err := Drawing(folder, drawing)
		if err != nil {
			return err
		}
		photos = append(photos, photo)
	}
	if err := stranger.Call("listings.publish", map[string]any{
		"title": title, "description": words, "category": "home", "condition": "like new", "quantity": 1000000,
		"price": map[string]string{"amount": "123456789.50", "currency": currency}, "photos": photos,
	}, nil); err != nil {
		return err
	}
	var opened struct {
		Room struct {
			RoomID string `json:"roomId"`
		} `json:"room"`
	}
	if err := stranger.Call("rooms.open", map[string]any{"seller": seller.ID}, &opened); err != nil {
		return err
	}
	if err := stranger.Call("messages.send", map[string]any{"roomId": opened.Room.RoomID, "text": asks}, nil); err != nil {
		return err
	}
	return until("the stranger's goods and words arrive", func() (bool, error) {
		var goods, rooms struct {
			Total int `json:"total"`
		}
		err := errors.Join(
			seller.Call("listings.search", map[string]any{"seller": stranger.ID}, &goods),
			seller.Call("rooms.list", map[string]any{"filter": "requests"}, &rooms),
		)
		return goods.Total == 1 && rooms.Total == 1, err
	})
}
