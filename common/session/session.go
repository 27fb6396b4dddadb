// Package session keeps users signed in. A session is a JSON Web Token in an encrypted cookie. Nothing is stored:
// every service reads it with a shared secret, and it ends when it expires or the cookie is removed.
//
// The secret isn't used as a key itself. Independent keys are derived from it, one for each purpose.
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
	// strongKey is the minimum length in bytes of a strong secret
	// (RFC 7518 §3.2, https://www.rfc-editor.org/rfc/rfc7518#section-3.2).
	strongKey = 32
	// keySize is the length in bytes of each derived key: HMAC-SHA256 and AES-256.
	keySize = 32
)

// User is the user of a session.
type User struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// Config holds the secret of all sessions.
type Config struct {
	// Key is the secret. Anyone who knows it can sign in as any user.
	Key string `env:"JWT_KEY,required,notEmpty"`
	// RequireStrong refuses a Key under 32 bytes, as in production.
	RequireStrong bool `env:"REQUIRE_STRONG_KEYS"`
	// Proxies are trusted about the requested host and scheme, which decide whether the cookie is Secure.
	Proxies forwarded.Proxies `env:"TRUSTED_PROXIES"`
	// CookieName is the cookie's name over plain http on the user's own machine, where cookies are shared
	// by all ports. Empty means "ticketing".
	CookieName string `env:"COOKIE_NAME"`
}

// Sessions starts, reads and ends sessions.
type Sessions struct {
	tokens    tokens
	cookies   *securecookie.SecureCookie
	devices   *securecookie.SecureCookie
	proxies   forwarded.Proxies
	plainName string
}

// Open derives the keys. An empty secret is an error. One under 32 bytes is an error if strong keys are required, and
// otherwise logged as a warning.
func Open(c Config, log *slog.Logger) (*Sessions, error) {
	switch weak := len(c.Key) < strongKey; {
	case c.Key == "":
		return nil, errors.New("JWT_KEY is empty")
	case weak && c.RequireStrong:
		return nil, fmt.Errorf("JWT_KEY has %d bytes, REQUIRE_STRONG_KEYS asks for %d", len(c.Key), strongKey)
	case weak:
		log.Warn("JWT_KEY is weak: anyone who guesses it can sign in as any user", "bytes", len(c.Key), "strong", strongKey)
	}
	plainName := cmp.Or(c.CookieName, defaultName)
	if err := checkName(plainName); err != nil {
		return nil, err
	}
	sign, err1 := derive(c.Key, "ticketing session: token signature")
	hash, err2 := derive(c.Key, "ticketing session: cookie authentication")
	encrypt, err3 := derive(c.Key, "ticketing session: cookie encryption")
	devices, err4 := newDevices(c.Key)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("derive the keys of sessions: %w", err)
	}
	cookies := securecookie.New(hash, encrypt).
		SetSerializer(securecookie.NopEncoder{}).
		MaxAge(int(lifetime.Seconds()))
	return &Sessions{tokens: tokens{sign, time.Now}, cookies: cookies, devices: devices, proxies: c.Proxies, plainName: plainName}, nil
}

// derive derives the key for one purpose (HKDF, RFC 5869), without a salt: every service and every start must derive
// the same keys.
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
	s.give(w, r, trimPadding(value), int(lifetime.Seconds()))
	return nil
}

// End signs the user out, under every name that a session may have.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) {
	s.give(w, r, "", -1)
}

// Proxies are the ones trusted about a visitor.
func (s *Sessions) Proxies() forwarded.Proxies { return s.proxies }

type userKey struct{}

// Middleware makes the signed-in user available to From and Require. A forged or expired cookie isn't an error; its
// sender just isn't signed in.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, err := s.read(r); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, u))
		}
		next.ServeHTTP(w, r)
	})
}

// read returns the user of the first valid session cookie. Other programs on the host may have set cookies of the
// same name, and browsers send them all (RFC 6265 §5.4).
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

// open returns the user from a cookie's value.
func (s *Sessions) open(value string) (User, error) {
	var token []byte
	if err := s.cookies.Decode(label, addPadding(value), &token); err != nil {
		return User{}, err
	}
	return s.tokens.verify(string(token))
}

// From returns the signed-in user, if any.
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
