package auth

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/problem"
)

// ErrLinkExpired means that a link from a mail is too old, was used, or was cut off.
var ErrLinkExpired = &problem.Error{Kind: problem.Invalid, Name: "link-expired", Details: []problem.Detail{{Message: "This link has expired or was used already. Please ask for a new one", Field: "token"}}}

// link is the token of a link in a mail. It proves that its holder reads a user's mail. Nothing is stored for it: the
// signature covers what the link changes, so using it once makes it invalid.
type link struct {
	user      string
	expires   time.Time
	signature []byte
}

// newLink returns the token of a link that is valid until a time, or until the state has changed.
func (s *Service) newLink(purpose, user, state string, expires time.Time) string {
	l := link{user: user, expires: expires}
	signature := s.sessions.Sign(purpose, l.signed(state))
	return fmt.Sprintf("%s.%s.%s", user, strconv.FormatInt(expires.Unix(), 36), base64.RawURLEncoding.EncodeToString(signature))
}

// parseLink reads a token. Whether it's valid depends on the user: see opens.
func parseLink(token string) (link, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return link{}, ErrLinkExpired
	}
	expires, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return link{}, ErrLinkExpired
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return link{}, ErrLinkExpired
	}
	return link{parts[0], time.Unix(expires, 0), signature}, nil
}

// opens reports whether a link is valid for a purpose and the present state.
func (s *Service) opens(l link, purpose, state string) bool {
	return s.sessions.Now().Before(l.expires) && s.sessions.Signed(l.signature, purpose, l.signed(state))
}

// signed is the text that the signature covers.
func (l link) signed(state string) string {
	return fmt.Sprintf("%s\x00%d\x00%s", l.user, l.expires.Unix(), state)
}
