package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"
)

// params are the form fields of a request. They record which fields were read, in order to refuse the rest, and
// the first error.
type params struct {
	form url.Values
	read map[string]bool
	err  error
}

func newParams(form url.Values) *params {
	return &params{form: form, read: map[string]bool{}}
}

// check returns the first error, after all parameters were read.
func (p *params) check() error {
	if p.err != nil {
		return p.err
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(p.form)) {
		if !p.read[name] {
			unknown = append(unknown, name)
		}
	}
	switch len(unknown) {
	case 0:
		return nil
	case 1:
		return invalid(unknown[0], stripe.ErrorCodeParameterUnknown, "Received unknown parameter: %s", unknown[0])
	default:
		return invalid(unknown[0], stripe.ErrorCodeParameterUnknown, "Received unknown parameters: %s", strings.Join(unknown, ", "))
	}
}

func (p *params) refuse(err *apiError) {
	if p.err == nil {
		p.err = err
	}
}

func (p *params) has(name string) bool { return p.form.Has(name) }

// text returns a parameter, or "".
func (p *params) text(name string) string {
	p.read[name] = true
	value := p.form.Get(name)
	if p.has(name) && value == "" {
		p.refuse(invalid(name, stripe.ErrorCodeParameterInvalidEmpty, "You passed an empty string for '%[1]s'. We assume empty values are an attempt to unset a field; "+
			"however '%[1]s' cannot be unset. You should remove '%[1]s' from your request or supply a non-empty value.", name))
	}
	return value
}

// required returns a required parameter.
func (p *params) required(name string) string {
	if !p.has(name) {
		p.refuse(invalid(name, stripe.ErrorCodeParameterMissing, "Missing required param: %s.", name))
	}
	return p.text(name)
}

// oneOf returns a parameter that must be one of the values, or "".
func (p *params) oneOf(name string, allowed ...string) string {
	value := p.text(name)
	if value != "" && !slices.Contains(allowed, value) {
		p.refuse(invalid(name, "", "Invalid %s: must be one of %s", name, strings.Join(allowed, ", ")))
	}
	return value
}

// integer returns a whole number of at least 1, or 0 if it's missing.
func (p *params) integer(name string) int64 {
	value := p.text(name)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		p.refuse(invalid(name, stripe.ErrorCodeParameterInvalidInteger, "Invalid integer: %s", value))
	case n < 1:
		p.refuse(invalid(name, stripe.ErrorCodeParameterInvalidInteger, "This value must be greater than or equal to 1."))
	}
	return n
}

// boolean returns a parameter that is true or false. A missing one is false.
func (p *params) boolean(name string) bool { return p.oneOf(name, "true", "false") == "true" }

// element matches name[key]: one entry of a dictionary or, with an empty or
// numeric key, of a list.
var element = regexp.MustCompile(`^(\w+)\[([^\]]*)\]$`)

// dict returns the parameters name[key] by key.
func (p *params) dict(name string) map[string]string {
	values := map[string]string{}
	for field := range p.form {
		if m := element.FindStringSubmatch(field); m != nil && m[1] == name {
			p.read[field] = true
			values[m[2]] = p.form.Get(field)
		}
	}
	return values
}

// since returns the parameter name[gte], a Unix time, or 0 if it's missing.
func (p *params) since(name string) int64 { return p.integer(name + "[gte]") }

// list returns the parameters name[] or name[0], name[1]…, limited to the allowed values, if any.
func (p *params) list(name string, allowed ...string) []string {
	var values []string
	for _, field := range slices.Sorted(maps.Keys(p.form)) {
		if m := element.FindStringSubmatch(field); m != nil && m[1] == name {
			p.read[field] = true
			values = append(values, p.form[field]...)
		}
	}
	for _, value := range values {
		if len(allowed) > 0 && !slices.Contains(allowed, value) {
			p.refuse(invalid(name, "", "Invalid %s: the sandbox knows only %s, not %s", name, strings.Join(allowed, ", "), value))
		}
	}
	return values
}

// decodeJSON reads the body of a request to /sandbox.
func decodeJSON[T any](w http.ResponseWriter, r *http.Request) (v T, err error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, invalid("", "", "The body could not be read: %s", err)
	}
	return v, nil
}
