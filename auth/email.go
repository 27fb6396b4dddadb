package auth

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"ticketing.dev/common/text"
)

const (
	// maxLocal is the length in bytes of the longest part before the @ (RFC 5321 §4.5.3.1.1).
	maxLocal = 64
	// maxDomain is a length in bytes that no typed domain needs: one of 253 letters in ASCII form is
	// shorter in any script. It bounds the work of converting one.
	maxDomain = 1024
)

// Email is an address as it's stored: trimmed, in lower case and NFC, with its domain in ASCII form
// (IDNA 2008), so that every spelling names the same account. It's empty if the input isn't an address.
//
// Earlier builds stored addresses trimmed and in lower case, and nothing more. See spellings.
type Email string

// UnmarshalText normalizes an address as typed.
func (e *Email) UnmarshalText(typed []byte) error {
	*e = parseEmail(string(typed))
	return nil
}

// domains converts domains to ASCII form as browsers do. Hyphens may be anywhere, as in some hosts that
// exist (r3---sn-4g5e6nez.example).
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.CheckHyphens(false),
	idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(true), idna.StrictDomainName(true))

func parseEmail(typed string) Email {
	typed = strings.TrimSpace(typed)
	at := strings.LastIndexByte(typed, '@')
	if at < 0 || !text.Solid(typed) || strings.ContainsFunc(typed, disguised) {
		return ""
	}
	local := norm.NFC.String(strings.ToLower(typed[:at]))
	if len(local) > maxLocal || len(typed)-at > maxDomain {
		return ""
	}
	domain, err := domains.ToASCII(typed[at+1:])
	if err != nil {
		return ""
	}
	return Email(local + "@" + domain)
}

// disguised says whether lower case or NFC makes an ASCII character of r, which isn't one: U+212A, the
// Kelvin sign, becomes k, and U+0130 becomes i. The result would be another user's address.
func disguised(r rune) bool {
	return r >= utf8.RuneSelf && norm.NFC.String(string(unicode.ToLower(r)))[0] < utf8.RuneSelf
}

// spellings are the forms that an account with this address may be stored in, this one first. Earlier
// builds kept domains and accents as they were typed.
func (e Email) spellings() []Email {
	at := strings.LastIndexByte(string(e), '@')
	if at < 0 {
		return nil
	}
	local, domain := string(e[:at]), string(e[at+1:])
	readable, _ := domains.ToUnicode(domain)
	var all []Email
	for _, d := range []string{domain, readable, norm.NFD.String(readable)} {
		for _, l := range []string{local, norm.NFD.String(local)} {
			all = appendNew(all, Email(l+"@"+d))
		}
	}
	return all
}

// spellings are the forms in which to look for the account, in the order in which one is preferred.
// The form that earlier builds stored comes first, so that two old accounts that would be one today keep
// their owners. register makes sure that no new account has such a spelling.
func (c Credentials) spellings() []Email {
	all := []Email{}
	if !strings.ContainsFunc(c.Email, disguised) {
		all = append(all, Email(strings.ToLower(strings.TrimSpace(c.Email))))
	}
	for _, e := range parseEmail(c.Email).spellings() {
		all = appendNew(all, e)
	}
	return all
}

func appendNew[T comparable](all []T, one T) []T {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}
