package session

import (
	"fmt"
	"net/http"

	"ticketing.dev/common/problem"
)

// ExpectedHeader optionally carries the id of the user that a request is meant to come from. A page
// knows whose it is, and its cookie may have become somebody else's in another tab.
const ExpectedHeader = "Expected-User"

// Expected refuses a write that says it comes from another user than the one who is signed in.
func Expected(r *http.Request) error {
	expected := r.Header.Get(ExpectedHeader)
	u, ok := From(r)
	if reads := r.Method == http.MethodGet || r.Method == http.MethodHead; reads || !ok || expected == "" || expected == u.ID {
		return nil
	}
	return problem.New(problem.OtherUser, fmt.Sprintf("You're now signed in as %s", u.Email))
}
