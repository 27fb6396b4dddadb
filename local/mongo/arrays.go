package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// elements reads the array that an operator changes. One that was just made is empty.
func elements(i *item, op string) []value {
	now := i.current()
	if now.Type != 0 && now.Type != bson.TypeArray {
		code := int32(codeBadValue)
		if op == "$pop" {
			code = codeTypeMismatch
		}
		refuse(code, "The field '%s' must be an array but is of type %s: cannot apply %s", i.key, now.Type, op)
	}
	return values(now.Data)
}

// pushing is what $push can say beside the values.
type pushing struct {
	values          []value
	position, slice *int64
	sort            value
}

func parsePush(arg value, op string) (p pushing) {
	if !isOperators(arg) {
		return pushing{values: []value{arg}}
	}
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
			refuse(codeBadValue, "Unrecognized clause in %s: %s", op, name)
		}
	}
	if !each {
		refuse(codeBadValue, "%s with modifiers needs $each", op)
	}
	return p
}

func push(i *item, arg value) {
	p := parsePush(arg, "$push")
	items := elements(i, "$push")
	at := len(items)
	if p.position != nil {
		at = place(*p.position, at)
	}
	items = p.order(slices.Insert(items, at, p.values...))
	if p.slice != nil {
		if n := place(*p.slice, len(items)); *p.slice >= 0 {
			items = items[:n]
		} else {
			items = items[n:]
		}
	}
	i.set(array(items))
}

// place is a place in an array: from its start, or from its end if it's negative.
func place(n int64, length int) int {
	if n < 0 {
		n += int64(length)
	}
	return int(min(max(n, 0), int64(length)))
}

// order sorts the elements by value, or by fields of theirs.
func (p pushing) order(items []value) []value {
	if missing(p.sort) {
		return items
	}
	if n, ok := asInt(p.sort); ok && (n == 1 || n == -1) {
		slices.SortStableFunc(items, func(a, b value) int { return int(n) * compare(a, b) })
		return items
	}
	spec := parseSort(p.sort)
	if len(spec) == 0 {
		refuse(codeBadValue, "The $sort pattern is empty when it should be a set of fields.")
	}
	slices.SortStableFunc(items, func(a, b value) int { return slices.Compare(spec.key(inner(a)), spec.key(inner(b))) })
	return items
}

func addToSet(i *item, arg value) {
	items := elements(i, "$addToSet")
	for _, v := range parsePush(arg, "$addToSet").values {
		if !slices.ContainsFunc(items, func(other value) bool { return equal(v, other) }) {
			items = append(items, v)
		}
	}
	i.set(array(items))
}

func pop(i *item, arg value) {
	items := elements(i, "$pop")
	n, ok := asInt(arg)
	switch {
	case !ok || (n != 1 && n != -1):
		refuse(codeFailedToParse, "$pop expects 1 or -1")
	case len(items) == 0:
		return
	case n == 1:
		items = items[:len(items)-1]
	default:
		items = items[1:]
	}
	i.set(array(items))
}

// parsePull makes the change that removes the elements that equal a value or meet conditions.
func parsePull(arg value) func(*item) {
	unwanted := func(v value) bool { return equal(v, arg) }
	switch {
	case isOperators(arg) || arg.Type == bson.TypeRegex:
		parts := and(parseField("", arg))
		unwanted = func(v value) bool { return matchValue(parts, v) }
	case isDocument(arg):
		f := parseFilter(arg.Data)
		unwanted = func(v value) bool { return isDocument(v) && f.match(v.Data) }
	}
	return func(i *item) { i.set(array(slices.DeleteFunc(elements(i, "$pull"), unwanted))) }
}
