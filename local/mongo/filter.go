package mongo

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsontype"
)

// A filter selects documents.
type filter interface {
	match(doc []byte) bool
	// shape names the fields and operators without the operands.
	shape() string
}

type (
	and []filter
	or  []filter
	nor []filter
)

func (f and) match(doc []byte) bool {
	for _, each := range f {
		if !each.match(doc) {
			return false
		}
	}
	return true
}

func (f or) match(doc []byte) bool {
	return slices.ContainsFunc(f, func(each filter) bool { return each.match(doc) })
}

func (f nor) match(doc []byte) bool { return !or(f).match(doc) }

func (f and) shape() string { return shapes("", f) }
func (f or) shape() string  { return shapes("$or", f) }
func (f nor) shape() string { return shapes("$nor", f) }

func shapes(name string, parts []filter) string {
	all := make([]string, len(parts))
	for i, part := range parts {
		all[i] = part.shape()
	}
	return name + "{" + strings.Join(all, ", ") + "}"
}

// condition is one operator on one field.
type condition struct {
	path    string
	parts   []string
	op      string
	operand value
	key     []byte   // the operand encoded
	in      [][]byte // the operands of $in encoded, in order
	regexes []*regexp.Regexp
	types   []bsontype.Type // 0 is every number
	size    int64
	sub     filter // of $elemMatch and $not
	values  bool   // $elemMatch looks at values and not at documents
}

func (c *condition) shape() string {
	switch {
	case c.sub != nil:
		return c.path + " " + c.op + " " + c.sub.shape()
	case c.path == "":
		return c.op
	}
	return c.path + " " + c.op
}

func (c *condition) match(doc []byte) bool {
	if c.op == "$not" {
		return !c.sub.match(doc)
	}
	if len(c.parts) == 1 { // by far most conditions, without a closure
		if v := field(doc, c.path); v.Type != bson.TypeArray {
			return c.holds(v, false)
		}
	}
	return !walk(doc, c.parts, func(v value, element bool) bool { return !c.holds(v, element) })
}

// holds tests one value.
func (c *condition) holds(v value, element bool) bool {
	switch c.op {
	case "$exists":
		return !missing(v)
	case "$type":
		return !missing(v) && c.hasType(v.Type)
	case "$size":
		return !element && v.Type == bson.TypeArray && int64(count(v.Data)) == c.size
	case "$elemMatch":
		return !element && v.Type == bson.TypeArray && c.anyElement(v.Data)
	case "$regex":
		return c.regex(v)
	}
	var buffer [64]byte
	key := appendKey(buffer[:0], orNull(v))
	if c.op == "$in" {
		_, found := slices.BinarySearchFunc(c.in, key, bytes.Compare)
		return found || (len(c.regexes) > 0 && c.regex(v))
	}
	order := bytes.Compare(key, c.key)
	if c.op == "$eq" {
		return order == 0
	}
	if key[0] != c.key[0] && c.key[0] != rankMinKey && c.key[0] != rankMaxKey {
		return false // ranges stay within a type
	}
	if isNaN(v) != isNaN(c.operand) {
		return false
	}
	switch c.op {
	case "$gt":
		return order > 0
	case "$gte":
		return order >= 0
	case "$lt":
		return order < 0
	}
	return order <= 0 // $lte
}

func isNaN(v value) bool {
	switch v.Type {
	case bson.TypeDouble:
		return v.Double() != v.Double()
	case bson.TypeDecimal128:
		return v.Decimal128().IsNaN()
	}
	return false
}

func orNull(v value) value {
	if missing(v) {
		return null
	}
	return v
}

func (c *condition) hasType(t bsontype.Type) bool {
	return slices.Contains(c.types, t) || (slices.Contains(c.types, 0) && rank(t) == rankNumber)
}

func (c *condition) regex(v value) bool {
	var text string
	switch v.Type {
	case bson.TypeString:
		text = v.StringValue()
	case bson.TypeSymbol:
		text = v.Symbol()
	case bson.TypeRegex:
		pattern, options := v.Regex()
		return slices.ContainsFunc(c.regexes, func(r *regexp.Regexp) bool { return r.String() == goRegex(pattern, options) })
	default:
		return false
	}
	return slices.ContainsFunc(c.regexes, func(r *regexp.Regexp) bool { return r.MatchString(text) })
}

// anyElement tests the elements of an array against $elemMatch.
func (c *condition) anyElement(array []byte) bool {
	for _, item := range fields(array) {
		switch {
		case c.values:
			if matchValue(c.sub, item) {
				return true
			}
		case isDocument(item) || item.Type == bson.TypeArray:
			if c.sub.match(item.Data) {
				return true
			}
		}
	}
	return false
}

// matchValue tests a value alone: it stands for itself, also if it's an array.
func matchValue(f filter, v value) bool {
	switch f := f.(type) {
	case and:
		return !slices.ContainsFunc(f, func(each filter) bool { return !matchValue(each, v) })
	case or:
		return slices.ContainsFunc(f, func(each filter) bool { return matchValue(each, v) })
	case *condition:
		if f.op == "$not" {
			return !matchValue(f.sub, v)
		}
		return f.holds(v, false)
	}
	return false
}

func count(array []byte) int {
	n := 0
	for range fields(array) {
		n++
	}
	return n
}

// goRegex writes a pattern and its options the way package regexp reads them.
func goRegex(pattern, options string) string {
	if options == "" {
		return pattern
	}
	return "(?" + options + ")" + pattern
}
