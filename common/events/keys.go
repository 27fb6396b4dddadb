package events

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrForged means that an event doesn't come from the owner of its channel.
var ErrForged = errors.New("not from the channel's owner")

// KeyConfig configures Keys. Without keys, nothing is signed or verified.
type KeyConfig struct {
	// Key signs this service's events: 32 random bytes in base64, an Ed25519 seed.
	Key string `env:"EVENT_KEY"`
	// Public are the services' public keys, as service:base64. With them, unsigned events are refused. A service may
	// have several: while a new key replaces an old one, and as long as the broker holds events signed with the old one.
	Public []string `env:"EVENT_PUBLIC_KEYS"`
}

// Keys sign the events of one service and verify those of all.
//
// The broker's permissions alone don't tell who published an event: NATS Streaming takes the channel from inside of a
// message, so a client that may publish anything can name any channel in it.
type Keys struct {
	private ed25519.PrivateKey
	public  map[string][]ed25519.PublicKey
}

// NewKey generates an EVENT_KEY.
func NewKey() string {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails
	return base64.StdEncoding.EncodeToString(seed)
}

// NewKeys decodes the keys.
func NewKeys(c KeyConfig) (k Keys, err error) {
	if c.Key != "" {
		seed, err := base64.StdEncoding.DecodeString(c.Key)
		if err != nil || len(seed) != ed25519.SeedSize {
			return k, fmt.Errorf("EVENT_KEY isn't %d bytes in base64", ed25519.SeedSize)
		}
		k.private = ed25519.NewKeyFromSeed(seed)
	}
	if len(c.Public) > 0 {
		k.public = make(map[string][]ed25519.PublicKey)
	}
	for _, pair := range c.Public {
		service, encoded, _ := strings.Cut(strings.TrimSpace(pair), ":")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return k, fmt.Errorf("EVENT_PUBLIC_KEYS: %q isn't a service and its public key", pair)
		}
		k.public[service] = append(k.public[service], key)
	}
	return k, nil
}

// PublicKey is the entry of KeyConfig.Public for a service with this EVENT_KEY.
func PublicKey(service, key string) (string, error) {
	k, err := NewKeys(KeyConfig{Key: key})
	if err != nil {
		return "", err
	}
	if k.private == nil {
		return "", errors.New("no EVENT_KEY")
	}
	public := k.private.Public().(ed25519.PublicKey) // by its documentation
	return service + ":" + base64.StdEncoding.EncodeToString(public), nil
}

// A signed message is the unsigned one with one more attribute at its end, whose length never changes. So Verify
// finds the signed bytes without decoding, and the signature doesn't depend on how JSON is formatted.
const (
	beforeSignature = `,"signature":"`
	afterSignature  = `"}`
)

var signatureLength = base64.RawURLEncoding.EncodedLen(ed25519.SignatureSize)

// Sign adds a signature to an encoded message. Without a private key, it returns the message.
func (k Keys) Sign(message []byte) []byte {
	if k.private == nil || !bytes.HasSuffix(message, []byte("}")) {
		return message
	}
	signature := base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.private, message))
	signed := bytes.Clone(message[:len(message)-1])
	return append(signed, beforeSignature+signature+afterSignature...)
}

// Verify checks that the owner of a channel signed a message. Without public keys, and for channels that carry no
// events, everything passes. The error is ErrForged.
func (k Keys) Verify(channel string, message []byte) error {
	owner := Owner(channel)
	if k.public == nil || owner == "" {
		return nil
	}
	signed, signature, ok := split(message)
	if !ok {
		return fmt.Errorf("unsigned event on %s: %w", channel, ErrForged)
	}
	for _, key := range k.public[owner] {
		if ed25519.Verify(key, signed, signature) {
			return nil
		}
	}
	return fmt.Errorf("event on %s without the signature of %s: %w", channel, owner, ErrForged)
}

// split separates a signature from what it signs.
func split(message []byte) (signed, signature []byte, ok bool) {
	end := len(message) - len(beforeSignature) - signatureLength - len(afterSignature)
	if end < 0 {
		return nil, nil, false
	}
	encoded, opened := bytes.CutPrefix(message[end:], []byte(beforeSignature))
	encoded, closed := bytes.CutSuffix(encoded, []byte(afterSignature))
	signature, err := base64.RawURLEncoding.Strict().DecodeString(string(encoded))
	return append(bytes.Clone(message[:end]), '}'), signature, opened && closed && err == nil
}
