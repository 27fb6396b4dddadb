package sandbox

import (
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"
)

// apiKey authenticates a request. Stripe: a secret key may do everything. A publishable key is in every browser,
// so it allows only a payer's actions, on an intent whose client secret is given.
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

// mayCall refuses an operation that the key doesn't allow.
func (k apiKey) mayCall(op operation) error {
	switch {
	case k.secret(), k.publishable() && op.publishable:
		return nil
	case k == "":
		return unauthorized("", "You did not provide an API key. You need to provide your API key in the Authorization header, "+
			"using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
	case k.publishable():
		return unauthorized(stripe.ErrorCodeSecretKeyRequired, "This API call cannot be made with a publishable API key. Please use a secret API key.")
	default:
		return unauthorized("", "Invalid API Key provided.")
	}
}

func unauthorized(code stripe.ErrorCode, message string) error {
	return &apiError{Status: http.StatusUnauthorized, Type: stripe.ErrorTypeInvalidRequest, Code: code, Message: message}
}
