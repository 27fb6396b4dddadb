package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The sizes in bytes that RFC 9106 §4 recommends (https://www.rfc-editor.org/rfc/rfc9106#section-4).
const (
	saltSize = 16
	keySize  = 32
)

// phc is a hashed password with all that it takes to make the same again, so that the cost for new
// ones can change. Its text is in PHC form
// (https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
type phc struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// newPHC is a hash at today's cost, with a salt of its own and no key yet.
func newPHC() phc { return phc{memory, passes, threads, random(saltSize), nil} }

// unmatched is a hash that no password matches and that costs the same to compare with.
func unmatched() string {
	p := newPHC()
	p.key = random(keySize)
	return p.String()
}

func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // it never fails
	return b
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

// parsePHC reads what String wrote and nothing else. Its error does not repeat the hash, which would
// end in the log.
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
