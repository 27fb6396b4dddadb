package auth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
	"sync"

	"ticketing.dev/common/problem"
)

var (
	// ErrCommon means that guessing attacks try the password early.
	ErrCommon = problem.Field("password", "Password is too common. Please choose one that’s harder to guess")
	// ErrIsEmail means that the password is the user's own email.
	ErrIsEmail = problem.Field("password", "Password can't be your email")
)

// commonList has the common passwords in lower case, one a line: those of 8 characters and more of the 49,233 in
// @zxcvbn-ts/language-common 4.1.3 (MIT, https://www.npmjs.com/package/@zxcvbn-ts/language-common).
//
//go:embed common-passwords.txt.gz
var commonList []byte

// commonPasswords reads the list when it's first needed. It's a part of the program, so it can't be malformed.
var commonPasswords = sync.OnceValue(func() map[string]struct{} {
	list, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		panic(err)
	}
	all := make(map[string]struct{})
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		all[lines.Text()] = struct{}{}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
	return all
})

// common reports whether a password is on the list, in any case.
func (p Password) common() bool {
	_, found := commonPasswords()[strings.ToLower(string(p))]
	return found
}
