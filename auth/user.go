package auth

import (
	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
)

var (
	ErrEmailInUse = &problem.Error{Kind: problem.Invalid, Name: "email-in-use", Details: []problem.Detail{{Message: "Email in use", Field: "email"}}}
	// ErrInvalidCredentials doesn't distinguish an unknown email from a wrong password.
	ErrInvalidCredentials = problem.Named("invalid-credentials", "Invalid credentials")
	// ErrUntypable means that the password has a character that RFC 8265 disallows.
	ErrUntypable = problem.Field("password", "Password can't contain control or invisible characters")
)

// User is someone who can sign in. Other services learn about users from their sessions; auth's only event says which
// of those have ended.
type User struct {
	aggregate.Root `bson:",inline"`

	Email Email `bson:"email"`
	// PasswordHash is in PHC form.
	PasswordHash string `bson:"passwordHash"`
	Stays        stays  `bson:",inline"`
	// Confirmed means that the user has proved to read mail at the address.
	Confirmed bool    `bson:"confirmed,omitempty"`
	Letters   letters `bson:",inline"`
}

// NewUser returns a user with a new id.
func NewUser(email Email, passwordHash string) *User {
	return &User{Root: aggregate.Root{ID: aggregate.NewID()}, Email: email, PasswordHash: passwordHash}
}

// identity is what a session says about the user.
func (u *User) identity() session.User { return session.User{ID: u.ID, Email: string(u.Email)} }

// SignUp is the sign-up form. Addresses have at most 254 characters (RFC 5321 §4.5.3.1.3, without the angle
// brackets). Passwords have at least 8 (NIST SP 800-63B-3 §5.1.1.2) and at most maxPassword.
type SignUp struct {
	Email    Email    `json:"email" validate:"email,max=254" message:"Email must be valid"`
	Password Password `json:"password" validate:"min=8,max=128" message:"Password must be between 8 and 128 characters"`
	// Name is the display name. It's optional, and can be set later.
	Name string `json:"name" message:"Name must be a string"`
}

// Credentials are what a user signs in with, as typed. They aren't validated: they match or they don't.
type Credentials struct {
	Email    string `json:"email" message:"Email must be valid"`
	Password string `json:"password" message:"Password must be a string"`
}
