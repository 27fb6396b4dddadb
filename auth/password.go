package auth

import (
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

const (
	// maxPassword is the length in characters of the longest password.
	maxPassword = 128
	// maxTyped bounds the work of normalizing input. NFC combines at most four characters into one.
	maxTyped = 4 * maxPassword
)

// Password is a new user's password in the form that's hashed: the OpaqueString profile (RFC 8265 §4.2),
// which is the same for every keyboard. A password that the profile disallows is left as typed.
type Password string

// UnmarshalText normalizes a password as typed.
func (p *Password) UnmarshalText(typed []byte) error {
	*p = Password(typed)
	if prepared, ok := prepare(string(typed)); ok {
		*p = Password(prepared)
	}
	return nil
}

// allowed reports whether the profile allows every character.
func (p Password) allowed() bool {
	_, ok := prepare(string(p))
	return ok
}

// check refuses a new password of the user with this email.
func (p Password) check(email Email) error {
	switch {
	case !p.allowed():
		return ErrUntypable
	case p.common():
		return ErrCommon
	case email != "" && parseEmail(string(p)) == email:
		return ErrIsEmail
	}
	return nil
}

func prepare(typed string) (string, bool) {
	if utf8.RuneCountInString(typed) > maxTyped {
		return "", false
	}
	prepared, err := precis.OpaqueString.String(typed)
	return prepared, err == nil
}

// passwords are the candidates to compare with the stored hash, in order: the current form, then as typed,
// which earlier builds hashed. Their number depends only on the input, so a wrong password takes the same
// time whether or not the account exists. There are none if the input is longer than any password.
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
