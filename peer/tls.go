package peer

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"haggle/chat"
)

// alpn names the protocol inside TLS, so that no other one is ever taken for it.
const alpn = "haggle/1"

// errNotOurs says that what answers does not prove a key the way a peer does.
var errNotOurs = errors.New("the other side is no peer")

// newCertificate wraps key for TLS. It names nobody and is valid at any time: the key is the identity, and clocks on a
// LAN are wrong. It is made anew in each run.
func newCertificate(key ed25519.PrivateKey) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// tlsConfig is for both roles. want is who must answer, zero for anybody.
//
// VerifyConnection runs in every handshake; VerifyPeerCertificate would not in a resumed one. There are no tickets
// either: whoever holds one would pass for whom it was given to.
func tlsConfig(certificate tls.Certificate, want chat.PeerID) *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		Certificates:                []tls.Certificate{certificate},
		ClientAuth:                  tls.RequireAnyClientCert,
		InsecureSkipVerify:          true, //nolint:gosec // there is no authority to ask: VerifyConnection checks the key itself
		NextProtos:                  []string{alpn},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			id, err := provenPeer(state)
			if err == nil && !want.IsZero() && id != want {
				return chat.ErrWrongIdentity
			}
			return err
		},
	}
}

// provenPeer is who the other side of a link is.
func provenPeer(state tls.ConnectionState) (chat.PeerID, error) {
	if state.NegotiatedProtocol != alpn {
		return chat.PeerID{}, fmt.Errorf("%w: protocol", errNotOurs)
	}
	return provenKey(state)
}

// provenKey is whose key the other side of a connection has. TLS has checked that it holds the private key of its first
// certificate; this checks that there is no other certificate and that the key is of the one kind that names peers.
func provenKey(state tls.ConnectionState) (chat.PeerID, error) {
	refuse := func(why string) (chat.PeerID, error) { return chat.PeerID{}, fmt.Errorf("%w: %s", errNotOurs, why) }
	switch {
	case state.Version != tls.VersionTLS13:
		return refuse("version of TLS")
	case state.DidResume:
		return refuse("resumed")
	case state.NegotiatedProtocol != alpn && state.NegotiatedProtocol != asideALPN:
		return refuse("protocol")
	case len(state.PeerCertificates) != 1:
		return refuse("number of certificates")
	}
	leaf := state.PeerCertificates[0]
	key, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize || leaf.PublicKeyAlgorithm != x509.Ed25519 {
		return refuse("kind of key")
	}
	if leaf.SignatureAlgorithm != x509.PureEd25519 || !ed25519.Verify(key, leaf.RawTBSCertificate, leaf.Signature) {
		return refuse("certificate of another key")
	}
	return chat.PeerID(key), nil
}
