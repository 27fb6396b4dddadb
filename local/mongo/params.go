package mongo

import (
	"maps"

	"go.mongodb.org/mongo-driver/bson"
)

// params reads the arguments of a command by name. It refuses those that it doesn't have.
type params map[string]func(name string, v value)

func (p params) read(command string, args []argument) {
	for _, a := range args {
		read := p[a.name]
		if read == nil {
			refuse(codeUnknownField, "BSON field '%s.%s' is an unknown field.", command, a.name)
		}
		read(a.name, a.value)
	}
}

// readDocument reads the fields of a statement, such as one update of several.
func (p params) readDocument(command string, doc document) {
	var args []argument
	for k, v := range fields(doc) {
		args = append(args, argument{string(k), v})
	}
	p.read(command, args)
}

// and adds parameters.
func (p params) and(more params) params {
	maps.Copy(p, more)
	return p
}

// all has one reader for several names.
func all(read func(name string, v value), names ...string) params {
	p := params{}
	for _, name := range names {
		p[name] = read
	}
	return p
}

func textInto(s *string) func(string, value) {
	return func(_ string, v value) { *s, _ = v.StringValueOK() }
}

func valueInto(to *value) func(string, value) { return func(_ string, v value) { *to = v } }

func naturalInto(n *int64) func(string, value) {
	return func(name string, v value) { *n = asNatural(name, v) }
}

func boolInto(b *bool) func(string, value) {
	return func(name string, v value) { *b = asBool(name, v) }
}

func filterInto(f *filter) func(string, value) {
	return func(name string, v value) { *f = parseFilter(asDocument(name, v)) }
}

func sortInto(s *sortSpec) func(string, value) { return func(_ string, v value) { *s = parseSort(v) } }

func projectionInto(p **projection) func(string, value) {
	return func(_ string, v value) { *p = parseProjection(v) }
}

// ignore accepts any value, and flag any boolean, of a parameter that changes nothing here.
func ignore(string, value) {}

func flag(name string, v value) { asBool(name, v) }

// simpleCollation accepts the collation that compares bytes, and no other.
func simpleCollation(_ string, v value) {
	locale := field(inner(v), "locale")
	if name, _ := locale.StringValueOK(); !isDocument(v) || (count(v.Data) > 0 && name != "simple") {
		refuse(codeBadValue, "collation is not supported")
	}
}

// unsupported refuses an option unless it asks for nothing.
func unsupported(name string, v value) {
	if !asksNothing(v) {
		refuse(codeBadValue, "option '%s' is not supported", name)
	}
}

func asksNothing(v value) bool {
	if isDocument(v) || v.Type == bson.TypeArray {
		return count(v.Data) == 0
	}
	return v.Type == bson.TypeBoolean && !v.Boolean()
}

// asDocument, asNatural, and asBool read values of one type.
func asDocument(name string, v value) document {
	if !isDocument(v) {
		refuse(codeTypeMismatch, "BSON field '%s' is the wrong type '%s', expected type 'object'", name, v.Type)
	}
	return v.Data
}

func asNatural(name string, v value) int64 {
	n, ok := asInt(v)
	if !ok || n < 0 {
		refuse(codeBadValue, "BSON field '%s' value must be a whole number >= 0", name)
	}
	return n
}

func asBool(name string, v value) bool {
	if v.Type != bson.TypeBoolean && !isNumber(v) {
		refuse(codeTypeMismatch, "BSON field '%s' is the wrong type '%s', expected type 'bool'", name, v.Type)
	}
	return truthy(v)
}
