package mongo

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsontype"
)

// parseFilter reads a filter document.
func parseFilter(doc []byte) filter {
	var all and
	for k, v := range fields(doc) {
		switch key := string(k); {
		case key == "$and":
			all = append(all, parseList(key, v)...)
		case key == "$or":
			all = append(all, or(parseList(key, v)))
		case key == "$nor":
			all = append(all, nor(parseList(key, v)))
		case key == "$comment":
		case strings.HasPrefix(key, "$"):
			refuse(codeBadValue, "unknown top level operator: %s", key)
		default:
			all = append(all, parseField(key, v)...)
		}
	}
	return all
}

func parseList(op string, v value) (parts []filter) {
	if v.Type != bson.TypeArray || count(v.Data) == 0 {
		refuse(codeBadValue, "%s argument must be a non-empty array", op)
	}
	for _, item := range fields(v.Data) {
		if !isDocument(item) {
			refuse(codeBadValue, "%s entries need to be full objects", op)
		}
		parts = append(parts, parseFilter(item.Data))
	}
	return parts
}

// parseField reads what is asked of one field: a value, or operators.
func parseField(path string, v value) (all []filter) {
	if v.Type == bson.TypeRegex {
		return []filter{newCondition(path, "$regex", v)}
	}
	if !isOperators(v) {
		return []filter{newCondition(path, "$eq", v)}
	}
	for k, operand := range fields(v.Data) {
		switch op := string(k); op {
		case "$options":
			if missing(field(v.Data, "$regex")) {
				refuse(codeBadValue, "$options needs a $regex")
			}
		case "$regex":
			all = append(all, newCondition(path, op, withOptions(operand, field(v.Data, "$options"))))
		default:
			all = append(all, parseOperator(path, op, operand)...)
		}
	}
	return all
}

// parseOperator reads one operator. Negations become $not, and $all a list.
func parseOperator(path, op string, operand value) []filter {
	negated := func(f filter) []filter { return []filter{&condition{path: path, op: "$not", sub: f}} }
	switch op {
	case "$ne":
		if operand.Type == bson.TypeRegex {
			refuse(codeBadValue, "Can't have regex as arg to $ne.")
		}
		return negated(newCondition(path, "$eq", operand))
	case "$nin":
		return negated(newCondition(path, "$in", operand))
	case "$not":
		if operand.Type != bson.TypeRegex && !isOperators(operand) {
			refuse(codeBadValue, "$not needs a regex or a document")
		}
		return negated(and(parseField(path, operand)))
	case "$exists":
		c := newCondition(path, op, operand)
		if !truthy(operand) {
			return negated(c)
		}
		return []filter{c}
	case "$all":
		return parseAll(path, operand)
	}
	return []filter{newCondition(path, op, operand)}
}

func parseAll(path string, operand value) (all []filter) {
	if operand.Type != bson.TypeArray {
		refuse(codeBadValue, "$all needs an array")
	}
	for _, item := range fields(operand.Data) {
		if isOperators(item) && missing(field(item.Data, "$elemMatch")) {
			refuse(codeBadValue, "no $ expressions in $all")
		}
		all = append(all, parseField(path, item)...)
	}
	if len(all) == 0 {
		return []filter{or{}} // matches nothing
	}
	return all
}

func newCondition(path, op string, operand value) *condition {
	operand.Data = bytes.Clone(operand.Data) // a cursor outlives the message
	c := &condition{path: path, parts: split(path), op: op, operand: operand}
	switch op {
	case "$exists":
	case "$eq", "$gt", "$gte", "$lt", "$lte":
		if operand.Type == bson.TypeRegex && op != "$eq" {
			refuse(codeBadValue, "Can't have RegEx as arg to predicate over field '%s'.", path)
		}
		c.key = appendKey(nil, operand)
	case "$in":
		c.parseIn(operand)
	case "$type":
		c.parseTypes(operand)
	case "$size":
		var ok bool
		if c.size, ok = asInt(operand); !ok || c.size < 0 {
			refuse(codeBadValue, "Failed to parse $size. Expected a non-negative integer")
		}
	case "$regex":
		c.addRegex(operand)
	case "$elemMatch":
		c.parseElemMatch(operand)
	default:
		refuse(codeBadValue, "unknown operator: %s", op)
	}
	return c
}

func (c *condition) parseIn(operand value) {
	if operand.Type != bson.TypeArray {
		refuse(codeBadValue, "$in needs an array")
	}
	for _, item := range fields(operand.Data) {
		if item.Type == bson.TypeRegex {
			c.addRegex(item)
		}
		if isOperators(item) {
			refuse(codeBadValue, "cannot nest $ under $in")
		}
		c.in = append(c.in, appendKey(nil, item))
	}
	slices.SortFunc(c.in, bytes.Compare)
	c.in = slices.CompactFunc(c.in, bytes.Equal)
}

func (c *condition) parseElemMatch(operand value) {
	if !isDocument(operand) {
		refuse(codeBadValue, "$elemMatch needs an Object")
	}
	c.values = isOperators(operand) && !slices.ContainsFunc([]string{"$and", "$or", "$nor"}, func(op string) bool {
		return !missing(field(operand.Data, op))
	})
	if c.values {
		c.sub = and(parseField("", operand))
	} else {
		c.sub = parseFilter(operand.Data)
	}
}

// withOptions joins $regex and $options.
func withOptions(pattern, options value) value {
	if missing(options) {
		return pattern
	}
	flags, ok := options.StringValueOK()
	if !ok {
		refuse(codeBadValue, "$options has to be a string")
	}
	text, _ := regexText(pattern)
	return value{Type: bson.TypeRegex, Data: []byte(text + "\x00" + flags + "\x00")}
}

func regexText(v value) (pattern, options string) {
	switch v.Type {
	case bson.TypeString:
		return v.StringValue(), ""
	case bson.TypeRegex:
		return v.Regex()
	}
	refuse(codeBadValue, "$regex has to be a string")
	return "", ""
}

// addRegex compiles a pattern. It refuses lookaround and back references, which Go's regexp doesn't have.
func (c *condition) addRegex(v value) {
	pattern, options := regexText(v)
	if strings.Trim(options, "ims") != "" {
		refuse(codeBadValue, "invalid flag in regex options: %s", options)
	}
	compiled, err := regexp.Compile(goRegex(pattern, options))
	if err != nil {
		refuse(51091, "Regular expression is invalid: %s", err)
	}
	c.regexes = append(c.regexes, compiled)
}

// typeAliases are the names that $type takes; 0 stands for every number.
var typeAliases = map[string]bsontype.Type{
	"double": bson.TypeDouble, "string": bson.TypeString, "object": bson.TypeEmbeddedDocument, "array": bson.TypeArray,
	"binData": bson.TypeBinary, "undefined": bson.TypeUndefined, "objectId": bson.TypeObjectID, "bool": bson.TypeBoolean,
	"date": bson.TypeDateTime, "null": bson.TypeNull, "regex": bson.TypeRegex, "dbPointer": bson.TypeDBPointer,
	"javascript": bson.TypeJavaScript, "symbol": bson.TypeSymbol, "javascriptWithScope": bson.TypeCodeWithScope,
	"int": bson.TypeInt32, "timestamp": bson.TypeTimestamp, "long": bson.TypeInt64, "decimal": bson.TypeDecimal128,
	"minKey": bson.TypeMinKey, "maxKey": bson.TypeMaxKey, "number": 0,
}

func (c *condition) parseTypes(operand value) {
	all := []value{operand}
	if operand.Type == bson.TypeArray {
		all = values(operand.Data)
	}
	for _, v := range all {
		name, isName := v.StringValueOK()
		t, known := typeAliases[name]
		n, isInt := asInt(v)
		switch {
		case isName && !known:
			refuse(codeBadValue, "Unknown type name alias: %s", name)
		case !isName && (!isInt || n != int64(int8(n)) || n == 0 || ranks[byte(n)] == 0):
			refuse(codeBadValue, "Invalid numerical type code")
		case !isName:
			t = bsontype.Type(n)
		}
		c.types = append(c.types, t)
	}
	if len(c.types) == 0 {
		refuse(codeFailedToParse, "$type must match at least one type")
	}
}
