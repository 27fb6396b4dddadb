package tickets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeyConfig holds the secrets that private parts are encrypted with.
type KeyConfig struct {
	// Key encrypts. Empty means that a key derived from JWT_KEY does.
	Key string `env:"TICKET_KEY"`
	// Previous only decrypts, after Key has been replaced.
	Previous string `env:"TICKET_KEY_PREVIOUS"`
}

// ErrSealed means that no key opens a private part.
var ErrSealed = errors.New("no key opens the private part")

// Keys encrypt and decrypt private parts with AES-256-GCM.
type Keys struct {
	current string // the id of the key that encrypts
	byID    map[string]cipher.AEAD
}

// NewKeys derives a key from each secret. The first one encrypts, and all of them decrypt. Empty secrets are skipped.
func NewKeys(secrets ...string) (*Keys, error) {
	k := &Keys{byID: make(map[string]cipher.AEAD)}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		id, aead, err := newKey(secret)
		if err != nil {
			return nil, fmt.Errorf("derive a key of private parts: %w", err)
		}
		if k.current == "" {
			k.current = id
		}
		k.byID[id] = aead
	}
	if k.current == "" {
		return nil, errors.New("no key for private parts")
	}
	return k, nil
}

// newKey derives a key and its id. The id tells keys apart and doesn't reveal them.
func newKey(secret string) (id string, aead cipher.AEAD, err error) {
	derived, err1 := hkdf.Key(sha256.New, []byte(secret), nil, "ticketing private parts: encryption", 32)
	name, err2 := hkdf.Key(sha256.New, []byte(secret), nil, "ticketing private parts: key id", 4)
	block, err3 := aes.NewCipher(derived)
	if err := errors.Join(err1, err2, err3); err != nil {
		return "", nil, err
	}
	aead, err = cipher.NewGCMWithRandomNonce(block)
	return hex.EncodeToString(name), aead, err
}

// Sealed is an encrypted private part.
type Sealed struct {
	KeyID string `bson:"keyId"`
	// Data is the nonce, the ciphertext and the tag.
	Data []byte `bson:"data"`
}

// Seal encrypts data for one place, which names the ticket. It can't be opened as that of another place.
func (k *Keys) Seal(place string, data []byte) *Sealed {
	return &Sealed{KeyID: k.current, Data: k.byID[k.current].Seal(nil, nil, data, []byte(place))}
}

// Open decrypts what was sealed for a place. The error is ErrSealed if the key is unknown or the data was changed.
func (k *Keys) Open(place string, s *Sealed) ([]byte, error) {
	aead, ok := k.byID[s.KeyID]
	if !ok {
		return nil, fmt.Errorf("%w: key %s of ticket %s is unknown", ErrSealed, s.KeyID, place)
	}
	data, err := aead.Open(nil, nil, s.Data, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%w: ticket %s: %w", ErrSealed, place, err)
	}
	return data, nil
}
