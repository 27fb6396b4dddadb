package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
)

// Identify says who sent a request, for the security log.
func (s *Sessions) Identify(r *http.Request) []slog.Attr {
	attrs := []slog.Attr{slog.String("address", s.Pseudonym(s.proxies.Network(r).String()))}
	if session, ok := Of(r); ok {
		attrs = append(attrs, slog.String("user", session.ID), slog.Int64("session", session.Number))
	}
	return attrs
}

// Pseudonym stands for an address in the security log. The same address has the same pseudonym in every service until
// the key rotates. Without the key, addresses can't be tried one by one.
func (s *Sessions) Pseudonym(address string) string {
	mac := hmac.New(sha256.New, s.pseudonyms)
	mac.Write([]byte(address))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}
