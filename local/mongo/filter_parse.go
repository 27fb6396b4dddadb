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
func parseFilter(doc []byte) (filter, error) {
	var all and
	for k, v := range fields(doc) {
		key := string(k)
		switch {
		case key == "$and" || key == "$or" || key == "$nor":
			parts, err := parseList(key, v)
			if err != nil {
				return nil, err
			}
			switch key {
			case "$and":
				all = append(all, parts...)
			case "$or":
				all = append(all, or(parts))
			case "$nor":
				all = append(all, nor(parts))
			}
		case key == "$comment":
		case strings.HasPrefix(key, "$"):
			return nil, errorf(codeBadValue, "unknown top level operator: %s", key)
		default:
			parts, err := parseField(key, v)
			if err != nil {
				return nil, err
			}
			all = append(all, parts...)
		}
	}
	return all, nil
}

func parseList(op string, v value) ([]filter, error) {
	if v.Type != bson.TypeArray || count(v.Data) == 0 {
		return nil, errorf(codeBadValue, "%s argument must be a non-empty array", op)
	}
	var parts []filter
	for _, item := range fields(v.Data) {
		if !isDocument(item) {
			return nil, errorf(codeBadValue, "%s entries need to be full objects", op)
		}
		part, err := parseFilter(item.Data)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// parseField reads what is asked of one field: a value, or operators.
func parseField(path string, v value) ([]filter, error) {
	if v.Type == bson.TypeRegex {
		c, err := newCondition(path, "$regex", v)
		return []filter{c}, err
	}
	if !isOperators(v) {
		c, err := newCondition(path, "$eq", v)
		return []filter{c}, err
	}
	var all []filter
	for k, operand := range fields(v.Data) {
		op := string(k)
		if op == "$options" {
			if missing(field(v.Data, "$regex")) {
				return nil, errorf(codeBadValue, "$options needs a $regex")
			}
			continue
		}
		if op == "$regex" {
			var err error
			if operand, err = withOptions(operand, field(v.Data, "$options")); err != nil {
				return nil, err
			}
		}
		parts, err := parseOperator(path, op, operand)
		if err != nil {
			return nil, err
		}
		all = append(all, parts...)
	}
	return all, nil
}

// parseOperator reads one operator. Negations become $not, and $all a list.
func parseOperator(path, op string, operand value) ([]filter, error) {
	switch op {
	case "$ne", "$nin":
		positive := map[string]string{"$ne": "$eq", "$nin": "$in"}[op]
		if op == "$ne" && operand.Type == bson.TypeRegex {
			return nil, errorf(codeBadValue, "Can't have regex as arg to $ne.")
		}
		c, err := newCondition(path, positive, operand)
		return []filter{&condition{path: path, op: "$not", sub: c}}, err
	case "$not":
		if operand.Type != bson.TypeRegex && !isOperators(operand) {
			return nil, errorf(codeBadValue, "$not needs a regex or a document")
		}
		parts, err := parseField(path, operand)
		return []filter{&condition{path: path, op: "$not", sub: and(parts)}}, err
	case "$all":
		return parseAll(path, operand)
	}
	c, err := newCondition(path, op, operand)
	return []filter{c}, err
}

func parseAll(path string, operand value) ([]filter, error) {
	if operand.Type != bson.TypeArray {
		return nil, errorf(codeBadValue, "$all needs an array")
	}
	var all []filter
	for _, item := range fields(operand.Data) {
		if isOperators(item) {
			if missing(field(item.Data, "$elemMatch")) {
				return nil, errorf(codeBadValue, "no $ expressions in $all")
			}
		}
		parts, err := parseField(path, item)
		if err != nil {
			return nil, err
		}
		all = append(all, parts...)
	}
	if len(all) == 0 {
		return []filter{or{}}, nil // matches nothing
	}
	return all, nil
}

func newCondition(path, op string, operand value) (*condition, error) {
	operand.Data = bytes.Clone(operand.Data) // a cursor outlives the message
	c := &condition{path: path, parts: split(path), op: op, operand: operand}
	var err error
	switch op {
	case "$eq", "$gt", "$gte", "$lt", "$lte":
		if operand.Type == bson.TypeRegex && op != "$eq" {
			return nil, errorf(codeBadValue, "Can't have RegEx as arg to predicate over field '%s'.", path)
		}
		c.key = appendKey(nil, operand)
	case "$in":
		err = c.parseIn(operand)
	case "$exists":
		if !truthy(operand) {
			exists := *c
			return &condition{path: path, op: "$not", sub: &exists}, nil
		}
	case "$type":
		err = c.parseTypes(operand)
	case "$size":
		var ok bool
		if c.size, ok = asInt(operand); !ok || c.size < 0 {
			err = errorf(codeBadValue, "Failed to parse $size. Expected a non-negative integer")
		}
	case "$mod":
		err = c.parseMod(operand)
	case "$regex":
		err = c.addRegex(operand)
	case "$elemMatch":
		err = c.parseElemMatch(operand)
	default:
		err = errorf(codeBadValue, "unknown operator: %s", op)
	}
	return c, err
}

func (c *condition) parseIn(operand value) error {
	if operand.Type != bson.TypeArray {
		return errorf(codeBadValue, "$in needs an array")
	}
	for _, item := range fields(operand.Data) {
		if item.Type == bson.TypeRegex {
			if err := c.addRegex(item); err != nil {
				return err
			}
		}
		if isOperators(item) {
			return errorf(codeBadValue, "cannot nest $ under $in")
		}
		c.in = append(c.in, appendKey(nil, item))
	}
	slices.SortFunc(c.in, bytes.Compare)
	c.in = slices.CompactFunc(c.in, bytes.Equal)
	return nil
}

func (c *condition) parseMod(operand value) error {
	all := []value{}
	if operand.Type == bson.TypeArray {
		all = values(operand.Data)
	}
	if len(all) != 2 {
		return errorf(codeBadValue, "malformed mod, needs to be an array of two numbers")
	}
	for i, v := range all {
		n, ok := truncated(v)
		if !ok || (i == 0 && n == 0) {
			return errorf(codeBadValue, "malformed mod, divisor and remainder must be numbers, divisor not 0")
		}
		c.modulo[i] = n
	}
	return nil
}

func (c *condition) parseElemMatch(operand value) (err error) {
	if !isDocument(operand) {
		return errorf(codeBadValue, "$elemMatch needs an Object")
	}
	c.values = isOperators(operand) && !slices.ContainsFunc([]string{"$and", "$or", "$nor"}, func(op string) bool {
		return !missing(field(operand.Data, op))
	})
	if !c.values {
		c.sub, err = parseFilter(operand.Data)
		return err
	}
	parts, err := parseField("", operand)
	c.sub = and(parts)
	return err
}

// withOptions joins $regex and $options.
func withOptions(pattern, options value) (value, error) {
	if missing(options) {
		return pattern, nil
	}
	flags, ok := options.StringValueOK()
	if !ok {
		return value{}, errorf(codeBadValue, "$options has to be a string")
	}
	text := ""
	switch pattern.Type {
	case bson.TypeString:
		text = pattern.StringValue()
	case bson.TypeRegex:
		text, _ = pattern.Regex()
	default:
		return value{}, errorf(codeBadValue, "$regex has to be a string")
	}
	data := append(append(append([]byte(text), 0), flags...), 0)
	return value{Type: bson.TypeRegex, Data: data}, nil
}

// addRegex compiles a pattern. Go's regexp has no lookaround and no back references;
// patterns with them are refused.
func (c *condition) addRegex(v value) error {
	var pattern, options string
	switch v.Type {
	case bson.TypeString:
		pattern = v.StringValue()
	case bson.TypeRegex:
		pattern, options = v.Regex()
	default:
		return errorf(codeBadValue, "$regex has to be a string")
	}
	if strings.Trim(options, "ims") != "" {
		return errorf(codeBadValue, "invalid flag in regex options: %s", options)
	}
	compiled, err := regexp.Compile(goRegex(pattern, options))
	if err != nil {
		return errorf(51091, "Regular expression is invalid: %s", err)
	}
	c.regexes = append(c.regexes, compiled)
	return nil
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

func (c *condition) parseTypes(operand value) error {
	all := []value{operand}
	if operand.Type == bson.TypeArray {
		all = values(operand.Data)
	}
	for _, v := range all {
		if name, ok := v.StringValueOK(); ok {
			t, known := typeAliases[name]
			if !known {
				return errorf(codeBadValue, "Unknown type name alias: %s", name)
			}
			c.types = append(c.types, t)
			continue
		}
		n, ok := asInt(v)
		t := bsontype.Type(n)
		if !ok || n != int64(int8(n)) || n == 0 || ranks[t] == 0 {
			return errorf(codeBadValue, "Invalid numerical type code")
		}
		c.types = append(c.types, t)
	}
	if len(c.types) == 0 {
		return errorf(codeFailedToParse, "$type must match at least one type")
	}
	return nil
}
