package sandbox

import (
	"net/http"
	"strings"
)

// apiKey is what a request proves itself with. Stripe: a secret key may do
// everything; a publishable key sits in every browser, so it may do only what a
// payer does, and only to an intent whose client secret the payer knows.
type apiKey string

func (k apiKey) secret() bool      { return strings.HasPrefix(string(k), "sk_test_") }
func (k apiKey) publishable() bool { return strings.HasPrefix(string(k), "pk_test_") }

// keyOf reads the API key of a request: a bearer token, or the user name of Basic
// authentication as in Stripe's examples with curl.
func keyOf(r *http.Request) apiKey {
	if user, _, ok := r.BasicAuth(); ok {
		return apiKey(user)
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return apiKey(token)
}

// mayCall refuses an operation to a key that must not do it.
func (k apiKey) mayCall(op operation) error {
	switch {
	case k.secret(), k.publishable() && op.publishable:
		return nil
	case k == "":
		return unauthorized("", "You did not provide an API key. You need to provide your API key in the Authorization header, "+
			"using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
	case k.publishable():
		return unauthorized(codeSecretKeyRequired, "This API call cannot be made with a publishable API key. Please use a secret API key.")
	default:
		return unauthorized("", "Invalid API Key provided.")
	}
}

func unauthorized(code, message string) error {
	return &apiError{Status: http.StatusUnauthorized, Type: invalidRequest, Code: code, Message: message}
}
