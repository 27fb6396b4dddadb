package api

import (
	"context"
	"net/http"
)

// User is a registered user.
type User struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// SignUp makes a user and signs in.
func (c *Client) SignUp(ctx context.Context, email, password string) (u User, err error) {
	err = c.Do(ctx, http.MethodPost, "/api/users/signup", credentials{email, password}, &u)
	return u, err
}

// SignIn signs a user in.
func (c *Client) SignIn(ctx context.Context, email, password string) (u User, err error) {
	err = c.Do(ctx, http.MethodPost, "/api/users/signin", credentials{email, password}, &u)
	return u, err
}

// SignOut signs out the client's user.
func (c *Client) SignOut(ctx context.Context) error {
	return c.Do(ctx, http.MethodPost, "/api/users/signout", struct{}{}, nil)
}

// CurrentUser is who is signed in, or nil.
func (c *Client) CurrentUser(ctx context.Context) (*User, error) {
	var answer struct {
		CurrentUser *User `json:"currentUser"`
	}
	err := c.Do(ctx, http.MethodGet, "/api/users/currentuser", nil, &answer)
	return answer.CurrentUser, err
}
