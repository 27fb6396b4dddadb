// Package session keeps users signed in. A session is a JSON Web Token in an encrypted cookie. Every service reads it
// with a shared secret and without a query. It ends when it's idle or lasts for too long, and when auth says so: each
// process knows the sessions that ended early (package signouts).
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
	"ticketing.dev/common/web"
)

const (
	// label is what securecookie authenticates a value with, where it has the cookie's name by default.
	// It's the same under every name, so releases read each other's sessions.
	label = "session"
	// lifetime is how long a session may be idle by default: the token, the cookie's timestamp and the browser's copy.
	lifetime = 24 * time.Hour
	// longest is how long a session may last by default, however much it's used.
	longest = 7 * 24 * time.Hour
	// RenewAfter is the age of a token that auth replaces with a new one. The client knows it as well.
	RenewAfter = 5 * time.Minute
	// shortest is the shortest time that a session may be idle: its renewals must fit in.
	shortest = 3 * RenewAfter
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

// Session is a user's stay from a sign-in to its end.
type Session struct {
	User
	// Number is the session's id among the user's sessions, from 1. It's 0 in cookies of earlier releases.
	Number int64
	// Started is when the user signed in.
	Started time.Time

	issued, expires time.Time // when this token was made, and when it expires
}

// Config holds the secret of all sessions.
type Config struct {
	// Key is the secret. Anyone who knows it can sign in as any user.
	Key string `env:"JWT_KEY,required,notEmpty"`
	// Previous is another secret whose sessions are valid, too: the one before Key, or the one that comes next.
	// Nothing is signed with it. Empty means none.
	Previous string `env:"JWT_KEY_PREVIOUS"`
	// RequireStrong refuses secrets under 32 bytes, as in production.
	RequireStrong bool `env:"REQUIRE_STRONG_KEYS"`
	// Proxies are trusted about the requested host and scheme, which decide whether the cookie is Secure.
	Proxies forwarded.Proxies `env:"TRUSTED_PROXIES"`
	// CookieName is the cookie's name over plain http on the user's own machine, where cookies are shared
	// by all ports. Empty means "ticketing".
	CookieName string `env:"COOKIE_NAME"`
	// Idle and Absolute are how long a session lasts unused, and at most. 0 means the default.
	Idle     time.Duration `env:"SESSION_IDLE_TIMEOUT" envDefault:"24h"`
	Absolute time.Duration `env:"SESSION_ABSOLUTE_TIMEOUT" envDefault:"168h"`
	// Now defaults to time.Now.
	Now func() time.Time
}

// setDefaults completes and checks the timeouts.
func (c *Config) setDefaults() error {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Idle, c.Absolute = cmp.Or(c.Idle, lifetime), cmp.Or(c.Absolute, longest)
	switch {
	case c.Idle < shortest:
		return fmt.Errorf("SESSION_IDLE_TIMEOUT %s is under %s: sessions are renewed every %s", c.Idle, shortest, RenewAfter)
	case c.Absolute < c.Idle:
		return fmt.Errorf("SESSION_ABSOLUTE_TIMEOUT %s is under SESSION_IDLE_TIMEOUT %s", c.Absolute, c.Idle)
	}
	return nil
}

// Sessions starts, reads and ends sessions.
type Sessions struct {
	keys             // sign and verify
	previous  []keys // only verify
	proxies   forwarded.Proxies
	plainName string
	ended     ended
	verified  verified
}

// keys are the keys that are derived from one secret.
type keys struct {
	tokens  tokens
	cookies *securecookie.SecureCookie
	devices *securecookie.SecureCookie
	// pseudonyms hides addresses in the security log.
	pseudonyms []byte
	// links signs the links in mails.
	links []byte
}

// Open derives the keys. An empty secret is an error. One under 32 bytes is an error if strong keys are required, and
// otherwise logged as a warning.
func Open(c Config, log *slog.Logger) (*Sessions, error) {
	plainName := cmp.Or(c.CookieName, defaultName)
	if err := checkName(plainName); err != nil {
		return nil, err
	}
	err := c.setDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sessions{proxies: c.Proxies, plainName: plainName, ended: ended{users: make(map[string]Ends)}}
	if s.keys, err = c.open("JWT_KEY", c.Key, log); err != nil {
		return nil, err
	}
	if c.Previous != "" {
		previous, err := c.open("JWT_KEY_PREVIOUS", c.Previous, log)
		if err != nil {
			return nil, err
		}
		s.previous = []keys{previous}
	}
	return s, nil
}

// open checks the secret in a variable, and derives its keys.
func (c Config) open(variable, secret string, log *slog.Logger) (keys, error) {
	switch weak := len(secret) < strongKey; {
	case secret == "":
		return keys{}, errors.New(variable + " is empty")
	case weak && c.RequireStrong:
		return keys{}, fmt.Errorf("%s has %d bytes, REQUIRE_STRONG_KEYS asks for %d", variable, len(secret), strongKey)
	case weak:
		log.Warn(variable+" is weak: anyone who guesses it can sign in as any user", "bytes", len(secret), "strong", strongKey)
	}
	sign, err1 := derive(secret, "ticketing session: token signature")
	hash, err2 := derive(secret, "ticketing session: cookie authentication")
	encrypt, err3 := derive(secret, "ticketing session: cookie encryption")
	devices, err4 := newDevices(secret)
	pseudonyms, err5 := derive(secret, "ticketing security log: addresses")
	links, err6 := derive(secret, "ticketing mail: links")
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return keys{}, fmt.Errorf("derive the keys of %s: %w", variable, err)
	}
	cookies := securecookie.New(hash, encrypt).
		SetSerializer(securecookie.NopEncoder{}).
		MaxAge(int(c.Idle.Seconds()))
	return keys{tokens{sign, c.Idle, c.Absolute, c.Now}, cookies, devices, pseudonyms, links}, nil
}

// derive derives the key for one purpose (HKDF, RFC 5869), without a salt: every service and every start must derive
// the same keys.
func derive(secret, label string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, label, keySize)
}

// Start signs a user in for a session without a number, which only Ends.Before can end.
func (s *Sessions) Start(w http.ResponseWriter, r *http.Request, u User) error {
	return s.Give(w, r, Session{User: u, Started: s.tokens.now()})
}

// Give sets the cookie of a session, at its start and when it's renewed.
func (s *Sessions) Give(w http.ResponseWriter, r *http.Request, session Session) error {
	token, lifetime, err := s.tokens.issue(session)
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

// Now is the time by the clock of the sessions.
func (s *Sessions) Now() time.Time { return s.tokens.now() }

// Due reports whether a session should get a new token, because it's in use. Sessions without a number, of earlier
// releases, expire instead.
func (s *Sessions) Due(session Session) bool {
	now := s.tokens.now()
	return session.Number > 0 && now.Sub(session.issued) >= RenewAfter && now.Before(session.Started.Add(s.tokens.absolute))
}

// Expiry is when the last token has expired that could be issued until now.
func (s *Sessions) Expiry(now time.Time) time.Time { return now.Add(s.tokens.idle) }

// Expired reports whether a session has ended by itself: it was last seen, or it started, too long ago.
func (s *Sessions) Expired(started, seen time.Time) bool {
	now := s.tokens.now()
	return now.Sub(started) >= s.tokens.absolute || now.Sub(seen) >= s.tokens.idle+RenewAfter
}

// End signs the user out, under every name that a session may have.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) {
	s.give(w, r, "", -1)
}

// Proxies are the ones trusted about a visitor.
func (s *Sessions) Proxies() forwarded.Proxies { return s.proxies }

type sessionKey struct{}

// Middleware makes the signed-in user available to From and Require. A forged or expired cookie isn't an error; its
// sender just isn't signed in.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, err := s.read(r)
		switch {
		case err == nil:
			session := read
			r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, &session))
		case errors.Is(err, errEnded):
			web.Audit(r, "ended-session", slog.String("user", read.ID), slog.Int64("session", read.Number))
		case errors.Is(err, securecookie.ErrMacInvalid):
			web.Audit(r, "bad-session-signature")
		}
		next.ServeHTTP(w, r)
	})
}

var errEnded = errors.New("the session has ended")

// read returns the session of the first valid session cookie. With errEnded, it's the one that has ended. Other programs on the host may have set cookies of the
// same name, and browsers send them all (RFC 6265 §5.4).
func (s *Sessions) read(r *http.Request) (Session, error) {
	err := http.ErrNoCookie
	var ended Session
	for _, name := range s.names(r) {
		for _, c := range r.CookiesNamed(name) {
			var session Session
			if session, err = s.open(c.Value); err == nil && s.ended.has(session) {
				ended, err = session, errEnded
			}
			if err == nil {
				return session, nil
			}
		}
	}
	return ended, err
}

// open returns the session from a cookie's value.
func (s *Sessions) open(value string) (Session, error) {
	h := hashOf(value)
	if session, ok := s.verified.get(h, s.tokens.now(), time.Now()); ok {
		return session, nil
	}
	session, err := s.keys.open(value)
	for i := 0; err != nil && i < len(s.previous); i++ {
		session, err = s.previous[i].open(value)
	}
	if err == nil {
		s.remember(h, value, session)
	}
	return session, err
}

// remember saves verifying a cookie again for a while, though not past its end. The cookie still counts in the second
// in which it ends.
func (s *Sessions) remember(h cookieHash, value string, session Session) {
	if at, ok := made(value); ok {
		end, forget := at.Add(s.tokens.idle+time.Second), time.Now().Add(verifiedFor)
		if forget.Before(end) {
			end = forget
		}
		s.verified.put(h, known{session, session.expires, end})
	}
}

// open returns the session from the value of a cookie that was made with these keys.
func (k keys) open(value string) (Session, error) {
	var token []byte
	if err := k.cookies.Decode(label, addPadding(value), &token); err != nil {
		return Session{}, err
	}
	return k.tokens.verify(string(token))
}

// Of returns the session of a request, if any.
func Of(r *http.Request) (Session, bool) {
	if session, ok := r.Context().Value(sessionKey{}).(*Session); ok {
		return *session, true
	}
	return Session{}, false
}

// From returns the signed-in user, if any.
func From(r *http.Request) (User, bool) {
	session, ok := Of(r)
	return session.User, ok
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
