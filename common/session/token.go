package session

import (
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// algorithm is the only accepted one, whatever a token claims
// (RFC 8725 §3.1, https://www.rfc-editor.org/rfc/rfc8725#section-3.1).
var algorithm = jwt.SigningMethodHS256

// audience is the services, which are the only readers of a session.
const audience = "ticketing"

// claims are sub (the user's id), email, aud, iat and exp, and of OpenID Connect sid (the session's number) and
// auth_time (when it started). Tokens of earlier releases have no aud, sid and auth_time.
type claims struct {
	Email    string           `json:"email"`
	Number   int64            `json:"sid,omitempty"`
	AuthTime *jwt.NumericDate `json:"auth_time,omitempty"`
	jwt.RegisteredClaims
}

// tokens issues and verifies the tokens of sessions.
type tokens struct {
	key            []byte
	idle, absolute time.Duration
	now            func() time.Time
}

// issue returns a token that is valid until the session has been idle or has lasted for too long.
func (t tokens) issue(s Session) (token string, lifetime time.Duration, err error) {
	now := t.now()
	lifetime = min(t.idle, s.Started.Add(t.absolute).Sub(now))
	c := claims{s.Email, s.Number, nil, jwt.RegisteredClaims{
		Subject:   s.ID,
		Audience:  jwt.ClaimStrings{audience},
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
	}}
	if s.Number > 0 {
		c.AuthTime = jwt.NewNumericDate(s.Started)
	}
	token, err = jwt.NewWithClaims(algorithm, c).SignedString(t.key)
	return token, lifetime, err
}

// verify returns the session of a token. A token without an expiry or a user is invalid, and so is one for others.
func (t tokens) verify(token string) (Session, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key, nil },
		jwt.WithValidMethods([]string{algorithm.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.now))
	switch {
	case err != nil:
		return Session{}, err
	case c.Subject == "":
		return Session{}, errors.New("the token names no user")
	case len(c.Audience) > 0 && !slices.Contains(c.Audience, audience):
		return Session{}, errors.New("the token is for another audience")
	}
	s := Session{User: User{c.Subject, c.Email}, Number: c.Number, expires: c.ExpiresAt.Time}
	if c.IssuedAt != nil {
		s.issued, s.Started = c.IssuedAt.Time, c.IssuedAt.Time
	}
	if c.AuthTime != nil {
		s.Started = c.AuthTime.Time
	}
	return s, nil
}
