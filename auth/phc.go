package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Sizes in bytes, as RFC 9106 §4 recommends (https://www.rfc-editor.org/rfc/rfc9106#section-4).
const (
	saltSize = 16
	keySize  = 32
)

// phc is a password hash with its parameters, so that the cost of new hashes can change. Its text is in PHC form
// (https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
type phc struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// newPHC returns a hash with the current cost and a new salt, but no key yet.
func newPHC() phc {
	return phc{memory: memory, passes: passes, threads: threads, salt: random(saltSize)}
}

// dummyHash returns a hash that matches no password and takes as long to compare.
func dummyHash() string {
	p := newPHC()
	p.key = random(keySize)
	return p.String()
}

func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return b
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

// parsePHC parses what String returns and nothing else. Its error omits the hash, since it's logged.
func parsePHC(s string) (phc, error) {
	var p phc
	var salt, key string
	if fields := strings.Split(s, "$"); len(fields) == 6 {
		_, _ = fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads)
		salt, key = fields[4], fields[5]
	}
	p.salt, _ = base64.RawStdEncoding.DecodeString(salt)
	p.key, _ = base64.RawStdEncoding.DecodeString(key)
	if p.String() != s || p.passes == 0 || p.threads == 0 || len(p.key) != keySize {
		return phc{}, errors.New("the stored hash of a password is malformed")
	}
	return p, nil
}
