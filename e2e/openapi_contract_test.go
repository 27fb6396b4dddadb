package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is docs/openapi.yaml.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

var readContract = sync.OnceValues(func() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("../docs/openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.WalkSchemas(closeSchema); err != nil {
		return nil, err
	}
	if err := errors.Join(doc.Validate(context.Background()), doc.WalkSchemas(checkExamples)); err != nil {
		return nil, err
	}
	doc.Servers = nil // they run elsewhere here
	for _, item := range doc.Paths.Map() {
		item.Servers = nil
	}
	router, err := gorillamux.NewRouter(doc)
	return &contract{doc, router}, err
})

// closeSchema allows an object no other fields than those that are described. The document leaves that
// open, since clients must bear with new ones; but the services are to have none that it does not tell of.
func closeSchema(_ string, schema *openapi3.SchemaRef) error {
	if len(schema.Value.Properties) > 0 {
		schema.Value.AdditionalProperties = openapi3.BoolSchema{Has: new(bool)}
	}
	return nil
}

// checkExamples looks at those in schemas. Validate looks at all others.
func checkExamples(at string, schema *openapi3.SchemaRef) error {
	for _, example := range schema.Value.Examples {
		if err := schema.Value.VisitJSON(example, openapi3.EnableJSONSchema2020()); err != nil {
			return fmt.Errorf("example at %s: %w", at, err)
		}
	}
	return nil
}

func theContract(t testing.TB) *contract {
	t.Helper()
	c, err := readContract()
	if err != nil {
		t.Fatalf("docs/openapi.yaml: %v", err)
	}
	return c
}

// hasCookie looks for the cookie of a session. Here, over plain http, its name has no __Host-.
func hasCookie(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	plain := strings.TrimPrefix(in.SecurityScheme.Name, "__Host-")
	for _, c := range in.RequestValidationInput.Request.Cookies() {
		if c.Name == in.SecurityScheme.Name || strings.HasPrefix(c.Name, plain) {
			return nil
		}
	}
	return http.ErrNoCookie
}

// find is the operation that a request is for. What is for none has to be refused as the components
// say: the document has no other place for that.
func (c *contract) find(r *http.Request) (*routers.Route, map[string]string) {
	route, parameters, err := c.router.FindRoute(r)
	switch {
	case errors.Is(err, routers.ErrPathNotFound):
		return c.refusing(http.StatusNotFound, "NotFound"), nil
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return c.refusing(http.StatusMethodNotAllowed, "MethodNotAllowed"), nil
	}
	return route, parameters
}

func (c *contract) refusing(status int, response string) *routers.Route {
	only := openapi3.NewResponses(openapi3.WithStatus(status, c.doc.Components.Responses[response]))
	return &routers.Route{Spec: c.doc, PathItem: &openapi3.PathItem{}, Operation: &openapi3.Operation{Responses: only}}
}

// check says what the document does not allow of a response. A request that it does not allow has to be
// refused.
func (c *contract) check(r *http.Request, response *http.Response, body []byte) error {
	route, parameters := c.find(r)
	options := &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, AuthenticationFunc: hasCookie}
	asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	answered := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: response.StatusCode, Header: response.Header, Options: options}
	err := openapi3filter.ValidateResponse(r.Context(), answered.SetBodyBytes(body))
	if response.StatusCode < http.StatusBadRequest {
		if wrong := openapi3filter.ValidateRequest(r.Context(), asked); wrong != nil {
			err = errors.Join(err, fmt.Errorf("the request was accepted: %w", wrong))
		}
	}
	// What follows the library does not look at.
	switch described := route.Operation.Responses.Status(response.StatusCode); {
	case described == nil: // it lets redirects pass
		err = errors.Join(err, fmt.Errorf("status %d is not described", response.StatusCode))
	case len(described.Value.Content) == 0 && len(body) > 0:
		err = errors.Join(err, fmt.Errorf("status %d has a body: %s", response.StatusCode, body))
	}
	if allow := response.Header.Get("Allow"); response.StatusCode == http.StatusMethodNotAllowed && allow != c.allowed(r) {
		err = errors.Join(err, fmt.Errorf("Allow is %q, want %q", allow, c.allowed(r)))
	}
	return err
}

// allowed are the methods of a path as Allow names them.
func (c *contract) allowed(r *http.Request) string {
	var all []string
	for _, method := range methods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, _, err := c.router.FindRoute(other); err == nil {
			all = append(all, method)
		}
	}
	if slices.Contains(all, http.MethodGet) {
		all = append(all, http.MethodHead) // which every GET has
	}
	return strings.Join(all, ", ")
}

// operations are all that the document has, such as "GET /api/tickets/{id}".
func (c *contract) operations() map[string]*openapi3.Operation {
	all := make(map[string]*openapi3.Operation)
	for path, item := range c.doc.Paths.Map() {
		for method, o := range item.Operations() {
			all[method+" "+path] = o
		}
	}
	return all
}

// examples are those of a refusal.
func examples(response *openapi3.ResponseRef) openapi3.Examples {
	if kind := response.Value.Content["application/problem+json"]; kind != nil {
		return kind.Examples
	}
	return nil
}

func sameJSON(t testing.TB, body []byte, example any) bool {
	t.Helper()
	var got, want any
	if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(toJSON(t, example)), &want)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(got, want)
}
