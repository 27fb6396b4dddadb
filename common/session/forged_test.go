package session

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/securecookie"

	"ticketing.dev/common/problem"
)

// forger makes tokens and cookies like those of s, and others that resemble them.
type forger struct {
	t *testing.T
	s *Sessions
}

func newForger(t *testing.T) forger { return forger{t, open(t, secret)} }

// claims are those of a valid token.
func (f forger) claims() jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{"sub": ada.ID, "email": ada.Email, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
}

func (f forger) without(claim string) jwt.MapClaims {
	c := f.claims()
	maps.DeleteFunc(c, func(name string, _ any) bool { return name == claim })
	return c
}

func (f forger) sign(method jwt.SigningMethod, c jwt.MapClaims, key any) string {
	f.t.Helper()
	token, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// genuine is a valid token.
func (f forger) genuine() string {
	f.t.Helper()
	return f.sign(jwt.SigningMethodHS256, f.claims(), f.s.tokens.key)
}

func (f forger) encode(c *securecookie.SecureCookie, name, token string) string {
	f.t.Helper()
	value, err := c.Encode(name, []byte(token))
	if err != nil {
		f.t.Fatal(err)
	}
	return value
}

// refuses fails the test for each cookie that signs a user in.
func (f forger) refuses(cookies map[string]string) {
	f.t.Helper()
	for name, value := range cookies {
		if got, err := who(f.t, f.s, value); err == nil {
			f.t.Errorf("%s: signed in as %v", name, got)
		} else if !errors.Is(err, problem.ErrNotAuthorized) {
			f.t.Errorf("%s: %v", name, err)
		}
	}
}

// The forger's valid token must be valid, or the other tests prove nothing.
func TestAValidTokenIsASession(t *testing.T) {
	f := newForger(t)
	if _, err := who(t, f.s, wrap(t, f.s, f.genuine())); err != nil {
		t.Error(err)
	}
}

func TestACookieWithTheWrongWrappingIsNoSession(t *testing.T) {
	f := newForger(t)
	raw := securecookie.New([]byte(secret), []byte(secret)[:keySize]).SetSerializer(securecookie.NopEncoder{})
	unencrypted := securecookie.New(f.s.tokens.key, nil).SetSerializer(securecookie.NopEncoder{})
	f.refuses(map[string]string{
		"empty":                        "",
		"garbage":                      "session",
		"too long":                     strings.Repeat("A", 100_000),
		"another secret":               start(t, open(t, "another secret of thirty-two bytes or more"), ada).Value,
		"an unwrapped token":           f.genuine(),
		"another cookie's name":        f.encode(f.s.cookies, "other", f.genuine()),
		"wrapped with the secret":      f.encode(raw, label, f.genuine()),
		"wrapped with the token's key": f.encode(unencrypted, label, f.genuine()),
	})
}

func TestAnInvalidTokenIsNoSession(t *testing.T) {
	f := newForger(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&private.PublicKey)})
	genuine, key := f.genuine(), f.s.tokens.key
	unsigned := f.sign(jwt.SigningMethodNone, f.claims(), jwt.UnsafeAllowNoneSignatureType)
	tokens := map[string]string{
		"signed with the secret":                 f.sign(jwt.SigningMethodHS256, f.claims(), []byte(secret)),
		"alg none":                               unsigned,
		"alg none with a valid signature":        unsigned + genuine[strings.LastIndexByte(genuine, '.')+1:],
		"HS384 with the right key":               f.sign(jwt.SigningMethodHS384, f.claims(), key),
		"HS512 with the right key":               f.sign(jwt.SigningMethodHS512, f.claims(), key),
		"RS256":                                  f.sign(jwt.SigningMethodRS256, f.claims(), private),
		"HS256 with the public half of RSA keys": f.sign(jwt.SigningMethodHS256, f.claims(), public),
		"no expiry":                              f.sign(jwt.SigningMethodHS256, f.without("exp"), key),
		"no user":                                f.sign(jwt.SigningMethodHS256, f.without("sub"), key),
		"not a token":                            "no token",
		"an empty token":                         "",
	}
	for name, token := range tokens {
		tokens[name] = wrap(t, f.s, token)
	}
	f.refuses(tokens)
}
