package staff

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Address is the address at which browsers take passkeys: they are bound to a
// name and never to a number, so that 127.0.0.1 is called localhost.
func Address(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	if host := u.Hostname(); host == "" || net.ParseIP(host) != nil {
		port := u.Port()
		u.Host = "localhost"
		if port != "" {
			u.Host += ":" + port
		}
	}
	return strings.TrimRight(u.String(), "/")
}

// relyingParty is us, as a browser sees it.
func relyingParty(base, newsroom string) (*webauthn.WebAuthn, error) {
	origin := Address(base)
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not an address of a desk", base)
	}
	if newsroom == "" {
		newsroom = u.Hostname()
	}
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: newsroom, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}
