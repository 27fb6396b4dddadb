package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// elements reads the array that an operator changes. One that was just made is empty.
func elements(i *item, op string) ([]value, error) {
	now := i.current()
	switch now.Type {
	case 0:
		return nil, nil
	case bson.TypeArray:
		return values(now.Data), nil
	}
	code := int32(codeBadValue)
	if op == "$pop" {
		code = codeTypeMismatch
	}
	return nil, errorf(code, "The field '%s' must be an array but is of type %s: cannot apply %s", i.key, now.Type, op)
}

func (i *item) setArray(items []value) {
	i.value, i.inner = array(items), nil
}

// pushing is what $push can say beside the values.
type pushing struct {
	values   []value
	position *int64
	slice    *int64
	sort     value
}

func parsePush(arg value, op string) (*pushing, error) {
	if !isOperators(arg) {
		return &pushing{values: []value{arg}}, nil
	}
	p := &pushing{}
	each := false
	for k, v := range fields(arg.Data) {
		n, isInt := asInt(v)
		switch name := string(k); {
		case name == "$each" && v.Type == bson.TypeArray:
			p.values, each = values(v.Data), true
		case op == "$push" && name == "$position" && isInt:
			p.position = &n
		case op == "$push" && name == "$slice" && isInt:
			p.slice = &n
		case op == "$push" && name == "$sort":
			p.sort = v
		default:
			return nil, errorf(codeBadValue, "Unrecognized clause in %s: %s", op, name)
		}
	}
	if !each {
		return nil, errorf(codeBadValue, "%s with modifiers needs $each", op)
	}
	return p, nil
}

func push(i *item, arg value) error {
	p, err := parsePush(arg, "$push")
	if err != nil {
		return err
	}
	items, err := elements(i, "$push")
	if err != nil {
		return err
	}
	at := len(items)
	if p.position != nil {
		at = int(min(*p.position, int64(len(items))))
		if at < 0 {
			at = max(len(items)+at, 0)
		}
	}
	items = slices.Insert(items, at, p.values...)
	if items, err = p.order(items); err != nil {
		return err
	}
	if p.slice != nil {
		n := int(min(max(*p.slice, -int64(len(items))), int64(len(items))))
		if n >= 0 {
			items = items[:n]
		} else {
			items = items[len(items)+n:]
		}
	}
	i.setArray(items)
	return nil
}

// order sorts the elements by value, or by fields of theirs.
func (p *pushing) order(items []value) ([]value, error) {
	if missing(p.sort) {
		return items, nil
	}
	if n, ok := asInt(p.sort); ok && (n == 1 || n == -1) {
		slices.SortStableFunc(items, func(a, b value) int { return int(n) * compare(a, b) })
		return items, nil
	}
	spec, err := parseSort(p.sort)
	if err != nil {
		return nil, err
	}
	if len(spec) == 0 {
		return nil, errorf(codeBadValue, "The $sort pattern is empty when it should be a set of fields.")
	}
	slices.SortStableFunc(items, func(a, b value) int { return slices.Compare(spec.key(inner(a)), spec.key(inner(b))) })
	return items, nil
}

// inner is the document in a value, or an empty one.
func inner(v value) document {
	if isDocument(v) {
		return v.Data
	}
	return nil
}

func addToSet(i *item, arg value) error {
	p, err := parsePush(arg, "$addToSet")
	if err != nil {
		return err
	}
	items, err := elements(i, "$addToSet")
	if err != nil {
		return err
	}
	for _, v := range p.values {
		if !slices.ContainsFunc(items, func(other value) bool { return equal(v, other) }) {
			items = append(items, v)
		}
	}
	i.setArray(items)
	return nil
}

func pop(i *item, arg value) error {
	items, err := elements(i, "$pop")
	if err != nil {
		return err
	}
	n, ok := asInt(arg)
	switch {
	case !ok || (n != 1 && n != -1):
		return errorf(codeFailedToParse, "$pop expects 1 or -1")
	case len(items) == 0:
		return nil
	case n == 1:
		items = items[:len(items)-1]
	default:
		items = items[1:]
	}
	i.setArray(items)
	return nil
}

// pull removes the elements that equal a value or meet conditions.
func pull(i *item, arg value) error {
	items, err := elements(i, "$pull")
	if err != nil {
		return err
	}
	unwanted, err := pullFilter(arg)
	if err != nil {
		return err
	}
	i.setArray(slices.DeleteFunc(items, unwanted))
	return nil
}

func pullFilter(arg value) (func(value) bool, error) {
	switch {
	case isOperators(arg) || arg.Type == bson.TypeRegex:
		parts, err := parseField("", arg)
		return func(v value) bool { return matchValue(and(parts), v) }, err
	case isDocument(arg):
		f, err := parseFilter(arg.Data)
		return func(v value) bool { return isDocument(v) && f.match(v.Data) }, err
	}
	return func(v value) bool { return equal(v, arg) }, nil
}
