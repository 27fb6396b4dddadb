package session

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// algorithm is the only accepted one, whatever a token claims
// (RFC 8725 §3.1, https://www.rfc-editor.org/rfc/rfc8725#section-3.1).
var algorithm = jwt.SigningMethodHS256

// claims are sub (the user's id), email, iat and exp.
type claims struct {
	Email string `json:"email"`
	jwt.RegisteredClaims
}

// tokens issues and verifies the tokens of sessions.
type tokens struct {
	key []byte
	now func() time.Time
}

// issue returns a token that is valid for the lifetime of a session.
func (t tokens) issue(u User) (string, error) {
	now := t.now()
	return jwt.NewWithClaims(algorithm, claims{u.Email, jwt.RegisteredClaims{
		Subject:   u.ID,
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
	}}).SignedString(t.key)
}

// verify returns the user of a token. A token without an expiry or a user is invalid.
func (t tokens) verify(token string) (User, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key, nil },
		jwt.WithValidMethods([]string{algorithm.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.now))
	if err != nil {
		return User{}, err
	}
	if c.Subject == "" {
		return User{}, errors.New("the token names no user")
	}
	return User{c.Subject, c.Email}, nil
}
