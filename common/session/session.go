// Package session keeps users signed in. A session is a JSON Web Token in an encrypted cookie:
// nothing is stored, so every service reads it by itself with the one secret that they share, and a
// session ends only with its time or with the cookie.
//
// The secret is never a key itself. Three keys are derived from it, so that none of them tells
// anything of another.
package session

import (
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"

	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/problem"
)

const (
	// label is what securecookie authenticates a value with, where it has the cookie's name by default.
	// It's the same under every name, so releases read each other's sessions.
	label = "session"
	// lifetime is how long a session lasts: the token, the cookie's timestamp and the browser's copy.
	lifetime = 24 * time.Hour
	// strongKey is the length in bytes from which a secret counts as strong, that of the hash which
	// signs with it (RFC 7518 §3.2, https://www.rfc-editor.org/rfc/rfc7518#section-3.2).
	strongKey = 32
	// keySize is the length in bytes of each derived key: HMAC-SHA256 and AES-256.
	keySize = 32
)

// User is who a session belongs to.
type User struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// Config holds the secret of all sessions.
type Config struct {
	// Key is what the keys are derived from. Who knows or guesses it can be any user.
	Key string `env:"JWT_KEY,required,notEmpty"`
	// RequireStrong refuses a Key under 32 bytes, as in production.
	RequireStrong bool `env:"REQUIRE_STRONG_KEYS"`
	// Proxies are those that are believed about the host and scheme that a visitor asked for, which
	// decide whether the cookie is Secure.
	Proxies forwarded.Proxies `env:"TRUSTED_PROXIES"`
	// CookieName is the cookie's name over plain http on the user's own machine, where cookies are shared
	// by all ports. Empty means "ticketing".
	CookieName string `env:"COOKIE_NAME"`
}

// Sessions starts, reads and ends sessions.
type Sessions struct {
	tokens    tokens
	cookies   *securecookie.SecureCookie
	proxies   forwarded.Proxies
	plainName string
}

// Open derives the keys. A secret that is empty is an error. One under 32 bytes is an error where
// strong ones are required, and elsewhere a warning in the log.
func Open(c Config, log *slog.Logger) (*Sessions, error) {
	switch weak := len(c.Key) < strongKey; {
	case c.Key == "":
		return nil, errors.New("JWT_KEY is empty")
	case weak && c.RequireStrong:
		return nil, fmt.Errorf("JWT_KEY has %d bytes, REQUIRE_STRONG_KEYS asks for %d", len(c.Key), strongKey)
	case weak:
		log.Warn("JWT_KEY is weak: whoever guesses it can be any user", "bytes", len(c.Key), "strong", strongKey)
	}
	plainName := cmp.Or(c.CookieName, defaultName)
	if err := checkName(plainName); err != nil {
		return nil, err
	}
	sign, err1 := derive(c.Key, "ticketing session: token signature")
	hash, err2 := derive(c.Key, "ticketing session: cookie authentication")
	encrypt, err3 := derive(c.Key, "ticketing session: cookie encryption")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("derive the keys of sessions: %w", err)
	}
	cookies := securecookie.New(hash, encrypt).
		SetSerializer(securecookie.NopEncoder{}).
		MaxAge(int(lifetime.Seconds()))
	return &Sessions{tokens{sign, time.Now}, cookies, c.Proxies, plainName}, nil
}

// derive makes the key for one purpose (HKDF, RFC 5869). There is no salt: every service and every
// start derives the same keys, and the label alone tells them apart.
func derive(secret, label string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, label, keySize)
}

// Start signs a user in.
func (s *Sessions) Start(w http.ResponseWriter, r *http.Request, u User) error {
	token, err := s.tokens.issue(u)
	if err != nil {
		return fmt.Errorf("issue a token: %w", err)
	}
	value, err := s.cookies.Encode(label, []byte(token))
	if err != nil {
		return fmt.Errorf("encode the session cookie: %w", err)
	}
	s.give(w, r, bare(value), int(lifetime.Seconds()))
	return nil
}

// End signs the user out, under every name that a session may have.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) {
	s.give(w, r, "", -1)
}

type userKey struct{}

// Middleware lets handlers know who is signed in. Anything but a good session is no session: a
// forged or outdated cookie is no error, its sender is just not signed in.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, err := s.read(r); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, u))
		}
		next.ServeHTTP(w, r)
	})
}

// read takes the user out of the request's cookies. Browsers send all cookies that fit the path and the
// domain (RFC 6265 §5.4), and other programs on the host may have set some of the same name: the first
// good one counts.
func (s *Sessions) read(r *http.Request) (User, error) {
	err := http.ErrNoCookie
	for _, name := range s.names(r) {
		for _, c := range r.CookiesNamed(name) {
			var u User
			if u, err = s.open(c.Value); err == nil {
				return u, nil
			}
		}
	}
	return User{}, err
}

// open takes the user out of a cookie's value.
func (s *Sessions) open(value string) (User, error) {
	var token []byte
	if err := s.cookies.Decode(label, padded(value), &token); err != nil {
		return User{}, err
	}
	return s.tokens.verify(string(token))
}

// From says who is signed in, if anybody is.
func From(r *http.Request) (User, bool) {
	u, ok := r.Context().Value(userKey{}).(User)
	return u, ok
}

// Require returns the signed-in user. If no one is signed in, the error is problem.ErrNotAuthorized; if
// the request expects another user, it's that of Expected.
func Require(r *http.Request) (User, error) {
	u, ok := From(r)
	if !ok {
		return u, problem.ErrNotAuthorized
	}
	return u, Expected(r)
}
