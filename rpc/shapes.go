package rpc

import (
	"time"

	"haggle/chat"
	"haggle/text"
)

// What replies and notifications hold. Lists are never null. Text that a person wrote is clean.
type (
	selfShape struct {
		PeerID       string   `json:"peerId"`
		DeviceID     string   `json:"deviceId"`
		Name         string   `json:"name"`
		About        string   `json:"about"`
		Addresses    []string `json:"addresses"`
		Version      string   `json:"version"`
		ReadReceipts bool     `json:"readReceipts"`
		OtherDevices []string `json:"otherDevices"`
	}
	peerShape struct {
		PeerID    string   `json:"peerId"`
		Name      string   `json:"name"`
		Online    bool     `json:"online"`
		Addresses []string `json:"addresses"`
		LastSeen  *string  `json:"lastSeen"`
		Verified  bool     `json:"verified"`
		Blocked   bool     `json:"blocked"`
		NameTag   *string  `json:"nameTag"`
	}
	moneyShape struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}
	photoShape struct {
		Hash   string `json:"hash"`
		Width  uint32 `json:"width"`
		Height uint32 `json:"height"`
		Bytes  uint32 `json:"bytes"`
		State  string `json:"state"`
	}
	listingShape struct {
		ListingID   string       `json:"listingId"`
		Seller      string       `json:"seller"`
		Version     uint64       `json:"version"`
		Hash        string       `json:"hash"`
		Title       string       `json:"title"`
		Description string       `json:"description"`
		Price       *moneyShape  `json:"price"` // null when nothing but the status is known
		Category    string       `json:"category"`
		Condition   string       `json:"condition"`
		Quantity    uint32       `json:"quantity"`
		Status      string       `json:"status"`
		Photos      []photoShape `json:"photos"`
		UpdatedAt   *string      `json:"updatedAt"`
		AsOf        *string      `json:"asOf"`
	}
	roomShape struct {
		RoomID       string        `json:"roomId"`
		Buyer        string        `json:"buyer"`
		Seller       string        `json:"seller"`
		Role         string        `json:"role"`
		Peer         peerShape     `json:"peer"`
		Listing      *listingShape `json:"listing"`
		LastMessage  *messageShape `json:"lastMessage"`
		Unread       int           `json:"unread"`
		Unanswered   bool          `json:"unanswered"`
		Request      bool          `json:"request"`
		Draft        string        `json:"draft"`
		LastActivity *string       `json:"lastActivity"`
	}
	imageShape struct {
		Hash     string `json:"hash"`
		Width    uint32 `json:"width"`
		Height   uint32 `json:"height"`
		Bytes    uint32 `json:"bytes"`
		State    string `json:"state"`
		Received uint32 `json:"received"`
	}
	aboutShape struct {
		ListingID string      `json:"listingId"`
		Version   uint64      `json:"version"`
		Title     string      `json:"title"`
		Price     *moneyShape `json:"price"` // null when that version is not known here
	}
	messageShape struct {
		MessageID string      `json:"messageId"`
		RoomID    string      `json:"roomId"`
		Author    string      `json:"author"`
		DeviceID  string      `json:"deviceId"`
		Seq       uint64      `json:"seq"`
		Kind      string      `json:"kind"`
		Text      string      `json:"text"`
		Image     *imageShape `json:"image"`
		About     *aboutShape `json:"about"`
		SentAt    string      `json:"sentAt"`
		ClockOff  *int32      `json:"clockOff"`
		State     string      `json:"state"`
	}
)

func (e *Endpoint) selfShape(s chat.SelfView) selfShape {
	shape := selfShape{
		PeerID: s.ID.String(), DeviceID: s.Device.String(),
		Name: text.Line(s.Name, chat.MaxName), About: text.Clean(s.About),
		Addresses: listOf(s.Addresses), Version: e.cfg.Version, ReadReceipts: s.ReadReceipts, OtherDevices: []string{},
	}
	for _, d := range s.OtherDevices {
		shape.OtherDevices = append(shape.OtherDevices, d.String())
	}
	return shape
}

func shapeOfPeer(p chat.PeerView) peerShape {
	shape := peerShape{
		PeerID: p.ID.String(), Name: text.Line(p.Name, chat.MaxName), Online: p.Online, Addresses: listOf(p.Addresses),
		LastSeen: known(p.LastSeen), Verified: p.Verified, Blocked: p.Blocked,
	}
	if p.NameTag != "" {
		shape.NameTag = &p.NameTag
	}
	return shape
}

func (e *Endpoint) listingShape(l chat.ListingView) listingShape {
	shape := listingShape{
		ListingID: l.ID.String(), Seller: l.Seller.String(), Version: l.Version, Hash: l.Hash().String(),
		Status: l.Status.String(), Photos: []photoShape{}, UpdatedAt: known(l.UpdatedAt), AsOf: known(l.AsOf),
	}
	g := l.Goods
	if g == nil {
		return shape
	}
	shape.Title = text.Line(g.Title, chat.MaxTitle)
	shape.Description = text.Clean(g.Description)
	shape.Price = shapeOfMoney(&g.Price)
	shape.Category, shape.Condition = text.Line(g.Category, chat.MaxWord), text.Line(g.Condition, chat.MaxWord)
	shape.Quantity = g.Quantity
	for i := range g.Photos {
		p := g.Photos[i].Image()
		state, _ := e.node.ImageState(p)
		shape.Photos = append(shape.Photos, photoShape{p.Hash.String(), p.Width, p.Height, p.Size, state.String()})
	}
	return shape
}

func shapeOfMoney(m *chat.Money) *moneyShape {
	if m == nil {
		return nil
	}
	return &moneyShape{m.Amount(), m.Currency}
}

func (e *Endpoint) roomShape(r chat.RoomView) roomShape {
	shape := roomShape{
		RoomID: r.ID.String(), Buyer: r.Buyer.String(), Seller: r.Seller.String(), Role: r.Mine.String(), Peer: shapeOfPeer(r.Peer),
		Unread: r.Unread, Unanswered: r.Unanswered, Request: r.Request, LastActivity: known(r.ActiveAt),
		Draft: r.Draft, // one's own, and not yet finished: as it was left
	}
	if r.Listing != nil {
		l := e.listingShape(e.node.ListingView(r.Listing))
		shape.Listing = &l
	}
	if r.Last != nil {
		m := shapeOfMessage(*r.Last)
		shape.LastMessage = &m
	}
	return shape
}

func shapeOfMessage(m chat.Message) messageShape {
	shape := messageShape{
		MessageID: m.ID.String(), RoomID: m.ID.Room.String(), Author: m.Author.String(), DeviceID: m.ID.Device.String(),
		Seq: m.ID.Seq, Kind: kindOf(m), Text: text.Clean(m.Text), SentAt: timeText(m.SentAt), State: m.State.String(),
	}
	if i := m.Image; i != nil {
		shape.Image = &imageShape{i.Hash.String(), i.Width, i.Height, i.Size, m.Picture.String(), m.Received}
	}
	if a := m.About; a != nil {
		shape.About = &aboutShape{a.Listing.String(), a.Version, text.Line(a.Title, chat.MaxTitle), shapeOfMoney(a.Price)}
	}
	if m.ClockOff != 0 {
		shape.ClockOff = &m.ClockOff
	}
	return shape
}

func kindOf(m chat.Message) string {
	switch {
	case m.Unknown:
		return "unknown"
	case m.Kind == chat.KindText:
		return "text"
	case m.Kind == chat.KindImage:
		return "image"
	default:
		return "unknown"
	}
}

func shapesOfMessages(list []chat.Message) []messageShape {
	shapes := make([]messageShape, 0, len(list))
	for _, m := range list {
		shapes = append(shapes, shapeOfMessage(m))
	}
	return shapes
}

func listOf(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// The years that a time may be shown in.
var (
	firstTime = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	lastTime  = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - 1
)

// timeText is a time of wall milliseconds as replies have it.
func timeText(milli int64) string {
	return time.UnixMilli(min(max(milli, firstTime), lastTime)).UTC().Format("2006-01-02T15:04:05.000Z")
}

// known is timeText, or nil for a time that is not known.
func known(milli int64) *string {
	if milli == 0 {
		return nil
	}
	s := timeText(milli)
	return &s
}
