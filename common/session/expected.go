package session

import (
	"fmt"
	"net/http"

	"ticketing.dev/common/problem"
)

// ExpectedHeader optionally carries the id of the user whom a page was rendered for. Since then, another
// user may have signed in from another tab.
const ExpectedHeader = "Expected-User"

// Expected refuses a write if the request expects a user other than u.
func Expected(r *http.Request) error {
	expected := r.Header.Get(ExpectedHeader)
	u, ok := From(r)
	if reads := r.Method == http.MethodGet || r.Method == http.MethodHead; reads || !ok || expected == "" || expected == u.ID {
		return nil
	}
	return problem.New(problem.OtherUser, fmt.Sprintf("You're now signed in as %s", u.Email))
}
