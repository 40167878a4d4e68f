package window

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Profiles are two neighbours who have met: folders for --data.
type Profiles struct{ Seller, Buyer string }

// Looks are how Fill lets windows look.
const (
	Light = 1
	Dark  = 2
)

// Settings are what a window remembers, as it writes them.
type Settings struct {
	Introduced bool    `json:"introduced"`
	Language   string  `json:"language,omitempty"`
	Look       int     `json:"look,omitempty"`
	TextSize   float32 `json:"textSize,omitempty"`
	QuietHours struct {
		On   bool `json:"on,omitempty"`
		From int  `json:"from,omitempty"`
		To   int  `json:"to,omitempty"`
	} `json:"quietHours,omitzero"`
}

// Remember writes the settings of a profile whose window is closed.
func Remember(data string, s Settings) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(data, 0o700), os.WriteFile(filepath.Join(data, "window.json"), raw, 0o600))
}

type goods struct {
	drawing, category, condition, amount string
	en, zh                               [2]string // title, description
	status                               string
}

var sellersGoods = []goods{
	{"kite", "sport", "new", "9.90", [2]string{"Swallow kite", "Flies in a light wind. Two tails and 60 m of line."}, [2]string{"沙燕风筝", "微风就能飞，配两条尾巴和 60 米线。"}, ""},
	{"camera", "electronics", "used", "140", [2]string{"Film camera, 50 mm lens", "Shutter is accurate, the leather has a scratch. With case."}, [2]string{"胶片相机，50 毫米镜头", "快门准确，皮面有一道划痕，送相机包。"}, ""},
	{"plant", "home", "good", "6", [2]string{"Rubber plant in a clay pot", "Likes a bright window. 45 cm high."}, [2]string{"陶盆橡皮树", "喜欢明亮的窗边，高 45 厘米。"}, ""},
	{"headphones", "electronics", "like new", "45", [2]string{"Wireless headphones", "Worn twice. 30 hours on one charge."}, [2]string{"无线头戴耳机", "只戴过两次，充一次电用 30 小时。"}, "reserved"},
	{"guitar", "other", "good", "180", [2]string{"Concert guitar", "Spruce top, new strings last week."}, [2]string{"古典吉他", "云杉面板，上周刚换的弦。"}, ""},
	{"chair", "home", "used", "25", [2]string{"Oak chair", "Sturdy. One of four; the others are here too."}, [2]string{"橡木椅子", "很结实。一共四把，其余的也在这里。"}, "sold"},
	{"books", "books", "good", "12", [2]string{"Four cook books", "Baking, soups, Sichuan, one for every day."}, [2]string{"四本菜谱", "烘焙、汤、川菜，还有一本家常菜。"}, ""},
	{"lamp", "home", "like new", "32", [2]string{"Desk lamp, warm light", "Dims in three steps."}, [2]string{"暖光台灯", "三档调光。"}, ""},
	{"teapot", "home", "good", "18.50", [2]string{"Teapot, one litre", "Glazed stoneware, no chips. Keeps tea warm for an hour."}, [2]string{"一升茶壶", "釉面陶壶，没有磕碰，能保温一小时。"}, ""},
}

var buyersGoods = []goods{
	{"bicycle", "vehicles", "used", "85", [2]string{"City bicycle, 54 cm", "Seven gears, new tyres. Come and try it."}, [2]string{"城市自行车，54 厘米", "七速，新轮胎，欢迎试骑。"}, ""},
}

// Fill makes the profiles of a seller and of a buyer in a folder, with goods in a language (en or zh) and a conversation
// about the teapot. The photos are drawn into the folder, too.
func Fill(program, folder, language string) (Profiles, error) {
	p := Profiles{filepath.Join(folder, "seller"), filepath.Join(folder, "buyer")}
	flags := []string{"--no-discovery", "--listen", "127.0.0.1:0"}
	seller, err := Serve(program, p.Seller, flags...)
	if err != nil {
		return p, err
	}
	buyer, err := Serve(program, p.Buyer, flags...)
	if err != nil {
		return p, errors.Join(err, seller.End())
	}
	err = fill(seller, buyer, folder, language)
	return p, errors.Join(err, buyer.End(), seller.End())
}

func fill(seller, buyer *Headless, folder, language string) error {
	zh := language == "zh"
	pick := func(en, zhText string) string {
		if zh {
			return zhText
		}
		return en
	}
	name := func(h *Headless, name, about string) error {
		return h.Call("self.set", map[string]any{"name": name, "about": about}, nil)
	}
	if err := errors.Join(
		name(seller, pick("Mei's Corner", "小梅的店"), pick("Stall 14, behind the fountain", "14 号摊，喷泉后面")),
		name(buyer, pick("Tom Baker", "王小明"), ""),
		buyer.Call("peers.add", map[string]any{"address": seller.Address}, nil),
	); err != nil {
		return err
	}
	teapot, err := offerAll(seller, sellersGoods, folder, zh)
	if err != nil {
		return err
	}
	if _, err := offerAll(buyer, buyersGoods, folder, zh); err != nil {
		return err
	}
	if err := until("goods reach the buyer", func() (bool, error) {
		var found struct {
			Total int `json:"total"`
		}
		err := buyer.Call("listings.search", map[string]any{"seller": seller.ID}, &found)
		return found.Total == len(sellersGoods), err
	}); err != nil {
		return err
	}
	return talk(seller, buyer, folder, teapot, pick)
}

// offerAll offers goods and returns the ID of the last.
func offerAll(h *Headless, all []goods, folder string, zh bool) (string, error) {
	currency, last := "EUR", ""
	if zh {
		currency = "CNY"
	}
	for _, g := range all {
		words := g.en
		if zh {
			words = g.zh
		}
		photo, err := Drawing(folder, g.drawing)
		if err != nil {
			return "", err
		}
		var made struct {
			Listing struct {
				ListingID string `json:"listingId"`
			} `json:"listing"`
		}
		if err := h.Call("listings.publish", map[string]any{
			"title": words[0], "description": words[1], "category": g.category, "condition": g.condition, "quantity": 1,
			"price": map[string]string{"amount": g.amount, "currency": currency}, "photos": []string{photo},
		}, &made); err != nil {
			return "", err
		}
		last = made.Listing.ListingID
		if g.status != "" {
			if err := h.Call("listings.setStatus", map[string]any{"listingId": last, "status": g.status}, nil); err != nil {
				return "", err
			}
		}
	}
	return last, nil
}

// talk lets buyer and seller talk about the teapot, until everything has arrived.
func talk(seller, buyer *Headless, folder, teapot string, pick func(en, zh string) string) error {
	var opened struct {
		Room struct {
			RoomID string `json:"roomId"`
		} `json:"room"`
	}
	if err := buyer.Call("rooms.open", map[string]any{"seller": seller.ID, "listingId": teapot}, &opened); err != nil {
		return err
	}
	room := opened.Room.RoomID
	photo, err := Drawing(folder, "teapot")
	if err != nil {
		return err
	}
	for i, said := range []struct {
		by   *Headless
		what map[string]any
	}{
		{buyer, map[string]any{"text": pick("Hello! Is the teapot still there?", "你好！茶壶还在吗？"), "listingId": teapot}},
		{seller, map[string]any{"text": pick("Yes, it is. It has never been used with milk, only green tea.", "在的。只泡过绿茶，没有泡过奶茶。")}},
		{seller, map[string]any{"imagePath": photo, "caption": pick("Taken a minute ago", "刚拍的")}},
		{buyer, map[string]any{"text": pick("Lovely. Would you take 15?", "真好看。15 块可以吗？")}},
		{seller, map[string]any{"text": pick("17 and it comes with two cups. I am here until six.", "17 块，再送两个杯子。我六点前都在。")}},
	} {
		said.what["roomId"] = room
		if err := said.by.Call("messages.send", said.what, nil); err != nil {
			return err
		}
		for _, h := range []*Headless{seller, buyer} {
			if err := until("messages arrive", func() (bool, error) {
				var list struct {
					Messages []json.RawMessage `json:"messages"`
				}
				err := h.Call("messages.list", map[string]any{"roomId": room}, &list)
				return err == nil && len(list.Messages) == i+1, nil // the room itself has to come first
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// LanguageOf is the language that the environment asks for, en or zh.
func LanguageOf(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := env(name); value != "" {
			if strings.HasPrefix(value, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}
