package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"

	"ticketing.dev/common/problem"
)

// bodyLimit is the size of the longest accepted body, in bytes.
const bodyLimit = 64 << 10

// validate reports fields by their JSON names.
var validate = func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(jsonName)
	return v
}()

// Decode reads a JSON object into a T and checks its `validate` tags. The `message` tag is the error text. Bodies
// that aren't UTF-8 (RFC 8259 §8.1) are refused.
func Decode[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var body T
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return body, problem.New(problem.UnsupportedMediaType, "Content-Type must be application/json")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	switch {
	case err != nil:
		return body, malformed[T](err)
	case !utf8.Valid(text): // encoding/json would silently replace invalid bytes
		return body, problem.New(problem.Invalid, "Body is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&body); err != nil {
		return body, malformed[T](err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return body, malformed[T](err)
	}
	return body, check(body)
}

// malformed returns the error for a body that can't be decoded.
func malformed[T any](err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.New(problem.TooLarge, fmt.Sprintf("Body is longer than %d KiB", bodyLimit>>10))
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return problem.Field(wrong.Field, message(reflect.TypeFor[T](), wrong.Field))
	}
	if errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "Body is empty")
	}
	return problem.New(problem.Invalid, "Body is not a valid JSON object")
}

// check applies the `validate` tags.
func check(body any) error {
	err := validate.Struct(body)
	wrong, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return err
	}
	p := &problem.Error{Kind: problem.Invalid}
	for _, f := range wrong {
		p.Details = append(p.Details, problem.Detail{Message: message(reflect.TypeOf(body), f.Field()), Field: f.Field()})
	}
	return p
}

// message is the error text for a field.
func message(t reflect.Type, field string) string {
	for f := range t.Fields() {
		if text := f.Tag.Get("message"); jsonName(f) == field && text != "" {
			return text
		}
	}
	return field + " is not valid"
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
