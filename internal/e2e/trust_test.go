package e2e

import (
	"reflect"
	"strings"
	"testing"
)

// safetyCode is what two people compare.
type safetyCode struct {
	Digits string `json:"digits"`
	Words  struct {
		English []string `json:"en"`
		Chinese []string `json:"zh"`
	} `json:"words"`
}

// TestA3SafetyCode: both programs tell the same code, another pair has another one, and who was compared stays marked.
func TestA3SafetyCode(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben := alone(t).start(t), alone(t).start(t)
	call[ofPeer](anna, "peers.add", object{"address": ben.ready.Addresses[0]})
	until(ben, patience, "Ben knows Anna", func() bool { return len(call[ofPeers](ben, "peers.list", nil).Peers) == 1 })
	code := call[safetyCode](anna, "peers.safetyCode", object{"peerId": ben.ready.PeerID})
	if other := call[safetyCode](ben, "peers.safetyCode", object{"peerId": anna.ready.PeerID}); !reflect.DeepEqual(code, other) {
		t.Errorf("the codes are %s and %s", jsonOf(code), jsonOf(other))
	}
	if len(code.Words.English) != 12 || len(code.Words.Chinese) != 12 || len(strings.ReplaceAll(code.Digits, " ", "")) != 60 {
		t.Errorf("the code is %s, want 12 words in each language and 60 digits", jsonOf(code))
	}
	wantRefused(anna, "invalid", "peers.safetyCode", object{"peerId": anna.ready.PeerID})
	stranger := alone(t).start(t).ready.PeerID
	wantRefused(anna, "notFound", "peers.safetyCode", object{"peerId": stranger})
	wantRefused(anna, "notFound", "peers.verify", object{"peerId": stranger, "verified": true})

	if p := call[ofPeer](anna, "peers.verify", object{"peerId": ben.ready.PeerID, "verified": true}).Peer; !p.Verified {
		t.Errorf("compared, and shown as %s", jsonOf(p))
	}
	anna.kill()
	anna = anna.restart()
	if list := call[ofPeers](anna, "peers.list", nil).Peers; len(list) != 1 || !list[0].Verified {
		t.Errorf("after a restart: %s", jsonOf(list))
	}
	if list := call[ofPeers](ben, "peers.list", nil).Peers; len(list) != 1 || list[0].Verified {
		t.Errorf("the other side's own mark: %s", jsonOf(list))
	}
}
