package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// Sign signs a text for a purpose, such as a link in a mail, with a key that is derived from the secret.
func (s *Sessions) Sign(purpose, text string) []byte { return s.sign(purpose, text) }

// Signed reports whether a signature is one that Sign returned, with this secret or the previous one.
func (s *Sessions) Signed(signature []byte, purpose, text string) bool {
	return hmac.Equal(signature, s.sign(purpose, text)) ||
		slices.ContainsFunc(s.previous, func(k keys) bool { return hmac.Equal(signature, k.sign(purpose, text)) })
}

func (k keys) sign(purpose, text string) []byte {
	mac := hmac.New(sha256.New, k.links)
	mac.Write([]byte(purpose + "\x00" + text))
	return mac.Sum(nil)
}
