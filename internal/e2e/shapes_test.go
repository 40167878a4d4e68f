package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// The shapes of RPC.md. A pointer is what may be null.
type (
	readyNotice struct {
		PeerID    string   `json:"peerId"`
		DeviceID  string   `json:"deviceId"`
		Addresses []string `json:"addresses"`
		Version   string   `json:"version"`
	}
	self struct {
		PeerID       string   `json:"peerId"`
		DeviceID     string   `json:"deviceId"`
		Name         string   `json:"name"`
		About        string   `json:"about"`
		Addresses    []string `json:"addresses"`
		Version      string   `json:"version"`
		ReadReceipts bool     `json:"readReceipts"`
		OtherDevices []string `json:"otherDevices"`
	}
	peer struct {
		PeerID    string   `json:"peerId"`
		Name      string   `json:"name"`
		Online    bool     `json:"online"`
		Addresses []string `json:"addresses"`
		LastSeen  *string  `json:"lastSeen"`
		Verified  bool     `json:"verified"`
		Blocked   bool     `json:"blocked"`
		NameTag   *string  `json:"nameTag"`
	}
	money struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}
	photo struct {
		Hash   string `json:"hash"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Bytes  int    `json:"bytes"`
		State  string `json:"state"`
	}
	listing struct {
		ListingID   string  `json:"listingId"`
		Seller      string  `json:"seller"`
		Version     uint64  `json:"version"`
		Hash        string  `json:"hash"`
		Title       string  `json:"title"`
		Description string  `json:"description"`
		Price       *money  `json:"price"`
		Category    string  `json:"category"`
		Condition   string  `json:"condition"`
		Quantity    int     `json:"quantity"`
		Status      string  `json:"status"`
		Photos      []photo `json:"photos"`
		UpdatedAt   *string `json:"updatedAt"`
		AsOf        *string `json:"asOf"`
	}
	about struct {
		ListingID string `json:"listingId"`
		Version   uint64 `json:"version"`
		Title     string `json:"title"`
		Price     *money `json:"price"`
	}
	picture struct {
		Hash     string `json:"hash"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
		Bytes    int    `json:"bytes"`
		State    string `json:"state"`
		Received int    `json:"received"`
	}
	message struct {
		MessageID string   `json:"messageId"`
		RoomID    string   `json:"roomId"`
		Author    string   `json:"author"`
		DeviceID  string   `json:"deviceId"`
		Seq       uint64   `json:"seq"`
		Kind      string   `json:"kind"`
		Text      string   `json:"text"`
		Image     *picture `json:"image"`
		About     *about   `json:"about"`
		SentAt    string   `json:"sentAt"`
		ClockOff  *int     `json:"clockOff"`
		State     string   `json:"state"`
	}
	room struct {
		RoomID       string   `json:"roomId"`
		Buyer        string   `json:"buyer"`
		Seller       string   `json:"seller"`
		Role         string   `json:"role"`
		Peer         peer     `json:"peer"`
		Listing      *listing `json:"listing"`
		LastMessage  *message `json:"lastMessage"`
		Unread       int      `json:"unread"`
		Unanswered   bool     `json:"unanswered"`
		Request      bool     `json:"request"`
		Draft        string   `json:"draft"`
		LastActivity *string  `json:"lastActivity"`
	}
)

// Results and parameters of notifications.
type (
	ofSelf struct {
		Self self `json:"self"`
	}
	ofPeer struct {
		Peer peer `json:"peer"`
	}
	ofPeers struct {
		Peers []peer `json:"peers"`
	}
	ofListing struct {
		Listing listing `json:"listing"`
	}
	ofListings struct {
		Total    int       `json:"total"`
		Listings []listing `json:"listings"`
	}
	ofRoom struct {
		Room room `json:"room"`
	}
	opened struct {
		Room    room `json:"room"`
		Created bool `json:"created"`
	}
	ofRooms struct {
		Total int    `json:"total"`
		Rooms []room `json:"rooms"`
	}
	ofMessage struct {
		Message message `json:"message"`
	}
	ofMessages struct {
		Messages []message `json:"messages"`
	}
	unread struct {
		Unread int `json:"unread"`
	}
	nothing   struct{}
	elsewhere struct {
		DeviceID  string   `json:"deviceId"`
		Addresses []string `json:"addresses"`
	}
	stateNotice struct {
		MessageID string `json:"messageId"`
		RoomID    string `json:"roomId"`
		Author    string `json:"author"`
		DeviceID  string `json:"deviceId"`
		Seq       uint64 `json:"seq"`
		State     string `json:"state"`
	}
	storeNotice struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	}
)

// exact decodes raw into v, whose members must all be there, and no others.
func exact(v any, raw json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	return complete(reflect.TypeOf(v).Elem(), raw, "result")
}

// complete says what of t raw lacks.
func complete(t reflect.Type, raw json.RawMessage, at string) error {
	null := string(bytes.TrimSpace(raw)) == "null"
	switch {
	case t.Kind() == reflect.Pointer:
		if null {
			return nil
		}
		return complete(t.Elem(), raw, at)
	case null:
		return fmt.Errorf("%s is null", at)
	case t.Kind() == reflect.Slice:
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			return err
		}
		for _, e := range elements {
			if err := complete(t.Elem(), e, at+"[]"); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("json")
			value, ok := members[name]
			if !ok && t.Field(i).Type.Kind() == reflect.Pointer && name == "data" {
				continue // an error need not have a kind
			}
			if !ok {
				return fmt.Errorf("%s has no %s", at, name)
			}
			if err := complete(t.Field(i).Type, value, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}
