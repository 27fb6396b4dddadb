package auth

import (
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

const (
	// maxPassword is the length in characters of the longest password.
	maxPassword = 128
	// maxTyped bounds the work for one that is being typed. NFC makes no more than four characters one.
	maxTyped = 4 * maxPassword
)

// Password is a new user's password as it's hashed: by the profile OpaqueString (RFC 8265 §4.2), in
// which all keyboards type it alike. One that the profile refuses stays as it was typed.
type Password string

// UnmarshalText takes a password as it was typed.
func (p *Password) UnmarshalText(typed []byte) error {
	*p = Password(typed)
	if prepared, ok := prepare(string(typed)); ok {
		*p = Password(prepared)
	}
	return nil
}

// allowed says whether the profile has a place for every character.
func (p Password) allowed() bool {
	_, ok := prepare(string(p))
	return ok
}

func prepare(typed string) (string, bool) {
	if utf8.RuneCountInString(typed) > maxTyped {
		return "", false
	}
	prepared, err := precis.OpaqueString.String(typed)
	return prepared, err == nil
}

// passwords are what to compare with the stored hash, in this order: the password as it's hashed today,
// and as it was typed, which earlier builds hashed. How many there are depends on nothing but what was
// typed, and so does the time that a wrong one takes. There are none if it's longer than anybody's.
func (c Credentials) passwords() []string {
	var all []string
	if prepared, ok := prepare(c.Password); ok && utf8.RuneCountInString(prepared) <= maxPassword {
		all = append(all, prepared)
	}
	if utf8.RuneCountInString(c.Password) <= maxPassword {
		all = appendNew(all, c.Password)
	}
	return all
}
