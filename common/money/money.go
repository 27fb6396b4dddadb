// Package money represents US dollars as whole cents. Floating-point numbers aren't exact: int64(19.99*100) is 1998.
package money

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Cents is an amount in US cents, as it's stored, published and sent to Stripe.
type Cents int64

// String formats the amount as people read it: $1234.50.
func (c Cents) String() string {
	if c < 0 {
		return "-$" + (-c).decimal()
	}
	return "$" + c.decimal()
}

// Dollars is the amount in its wire form.
func (c Cents) Dollars() Dollars { return Dollars{c} }

// decimal writes the amount as a decimal number with two digits after the point.
func (c Cents) decimal() string {
	return fmt.Sprintf("%d.%02d", c/100, c%100)
}

// Dollars is an amount as the HTTP API writes it: a JSON number of dollars with at most two decimals
// and no exponent.
type Dollars struct{ Cents Cents }

// MarshalJSON writes 20, 19.99 or 0.5 the way people and browsers do, without trailing zeros.
func (d Dollars) MarshalJSON() ([]byte, error) {
	sign, c := "", d.Cents
	if c < 0 {
		sign, c = "-", -c
	}
	s := c.decimal()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return []byte(sign + s), nil
}

// number is a JSON number without an exponent and with at most two decimals. Thirteen digits before
// the point keep the cents far inside an int64.
var number = regexp.MustCompile(`^(-?)(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?$`)

// UnmarshalJSON reads a JSON number. Anything else (a string, an exponent, a third decimal) is a
// *json.UnmarshalTypeError, to which encoding/json adds the field's name.
func (d *Dollars) UnmarshalJSON(b []byte) error {
	m := number.FindSubmatch(b)
	if m == nil {
		return &json.UnmarshalTypeError{Value: string(b), Type: reflect.TypeFor[Dollars]()}
	}
	digits := string(m[2]) + (string(m[3]) + "00")[:2]
	cents, err := strconv.ParseInt(string(m[1])+digits, 10, 64)
	if err != nil {
		return fmt.Errorf("amount %s: %w", b, err)
	}
	d.Cents = Cents(cents)
	return nil
}
