package auth

import (
	"strings"
	"unicode/utf8"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
)

// What signing up and signing in refuse.
var (
	ErrEmailInUse = problem.Field("email", "Email in use")
	// ErrInvalidCredentials does not tell an unknown email from a wrong password.
	ErrInvalidCredentials = problem.New(problem.Refused, "Invalid credentials")
)

// User is somebody who can sign in. The other services know of a user what a session says, so there
// are no events of users.
type User struct {
	aggregate.Root `bson:",inline"`

	Email Email `bson:"email"`
	// PasswordHash is in PHC form.
	PasswordHash string `bson:"passwordHash"`
}

// NewUser makes a user.
func NewUser(email Email, passwordHash string) *User {
	return &User{Root: aggregate.Root{ID: aggregate.NewID()}, Email: email, PasswordHash: passwordHash}
}

// identity is what a session says of the user.
func (u *User) identity() session.User { return session.User{ID: u.ID, Email: string(u.Email)} }

// Email is an address as it is kept: trimmed and in lower case, so that however it is typed it names
// one account.
type Email string

// UnmarshalText takes an address as it was typed.
func (e *Email) UnmarshalText(typed []byte) error {
	*e = Email(strings.ToLower(strings.TrimSpace(string(typed))))
	return nil
}

// maxPassword is the length in characters of the longest password.
const maxPassword = 128

// SignUp is what one becomes a user with. No address that mail can be sent to has more than 254
// characters (RFC 5321 §4.5.3.1.3, without the angle brackets). The shortest password has 8, as NIST
// has it (SP 800-63B-3 §5.1.1.2), the longest maxPassword.
type SignUp struct {
	Email    Email  `json:"email" validate:"email,max=254" message:"Email must be valid"`
	Password string `json:"password" validate:"min=8,max=128" message:"Password must be between 8 and 128 characters"`
}

// Credentials are what a user signs in with. They have no form to be checked: they are right or not.
type Credentials struct {
	Email    Email  `json:"email" message:"Email must be valid"`
	Password string `json:"password" message:"Password must be a string"`
}

// hopeless says that the password is longer than anybody's, which is known without hashing it.
func (c Credentials) hopeless() bool { return utf8.RuneCountInString(c.Password) > maxPassword }
