package mongo

import (
	"math"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// operator changes the item at a path. The item's value is missing if it was just made.
type operator func(i *item, arg value) error

var operators = map[string]operator{
	"$set": func(i *item, arg value) error { i.value, i.inner = arg, nil; return nil },
	"$inc": func(i *item, arg value) error { return increment(i, arg) },
	"$min": func(i *item, arg value) error { return extreme(i, arg, -1) },
	"$max": func(i *item, arg value) error { return extreme(i, arg, 1) },

	"$currentDate": currentDate,
	"$push":        push,
	"$addToSet":    addToSet,
	"$pop":         pop,
	"$pull":        pull,
}

// absent are operators that leave alone what isn't there.
var absent = []string{"$pop", "$pull"}

// checkOperators refuses what an update can't do, and paths that collide.
func checkOperators(change document) error {
	var paths []string
	for k, v := range fields(change) {
		op := string(k)
		if operators[op] == nil && op != "$unset" && op != "$setOnInsert" {
			return errorf(codeFailedToParse, "Unknown modifier: %s. Expected a valid update modifier", op)
		}
		if !isDocument(v) {
			return errorf(codeFailedToParse, "Modifiers operate on fields but we found type %s instead", v.Type)
		}
		for p := range fields(v.Data) {
			paths = append(paths, string(p))
		}
	}
	return checkPaths(paths)
}

func checkPaths(paths []string) error {
	slices.Sort(paths)
	for n, path := range paths {
		parts := split(path)
		if slices.Contains(parts, "") {
			return errorf(codeEmptyFieldName, "An empty update path is not valid: '%s'", path)
		}
		if slices.ContainsFunc(parts, func(p string) bool { return p[0] == '$' }) {
			return errorf(codeBadValue, "positional operators are not supported, and fields can't start with $: '%s'", path)
		}
		for _, other := range paths[n+1:] {
			if other == path || strings.HasPrefix(other, path+".") {
				return errorf(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", other, path)
			}
		}
	}
	return nil
}

// operation is one operator at one path.
type operation struct {
	op    string
	path  string
	parts []string
	arg   value
}

// applyOperators returns a document as operators change it. They run by path, which
// is the order of the fields they add; positions in arrays compare as numbers.
func applyOperators(doc, change document, inserting bool) (document, error) {
	var all []operation
	for k, v := range fields(change) {
		op := string(k)
		if op == "$setOnInsert" {
			if !inserting {
				continue
			}
			op = "$set"
		}
		for p, arg := range fields(v.Data) {
			all = append(all, operation{op, string(p), split(string(p)), arg})
		}
	}
	slices.SortStableFunc(all, func(a, b operation) int { return slices.CompareFunc(a.parts, b.parts, comparePart) })
	t := newTree(doc)
	for _, o := range all {
		if err := apply(t, o.op, o.path, o.arg); err != nil {
			return nil, err
		}
	}
	return t.encode(), nil
}

func comparePart(a, b string) int {
	n, isN := position(a)
	m, isM := position(b)
	if isN && isM {
		return n - m
	}
	return strings.Compare(a, b)
}

func apply(t *tree, op, path string, arg value) error {
	if op == "$unset" {
		t.remove(path)
		return nil
	}
	i, err := t.at(path, !slices.Contains(absent, op))
	if i == nil || err != nil {
		return err
	}
	return operators[op](i, arg)
}

// extreme keeps the lower or the higher value.
func extreme(i *item, arg value, sign int) error {
	if now := i.current(); missing(now) || compare(arg, now) == sign {
		i.value, i.inner = arg, nil
	}
	return nil
}

// increment adds. The result has the wider type of both; an int that overflows
// becomes a long, and a long that does is refused.
func increment(i *item, arg value) error {
	now := i.current()
	if !isNumber(arg) || !(missing(now) || isNumber(now)) {
		return errorf(codeTypeMismatch, "Cannot apply $inc to a value of non-numeric type")
	}
	if missing(now) {
		i.value = arg
		return nil
	}
	sum, err := calculate(now, arg)
	i.value, i.inner = sum, nil
	return err
}

func calculate(a, b value) (value, error) {
	switch {
	case a.Type == bson.TypeDecimal128 || b.Type == bson.TypeDecimal128:
		return value{}, errorf(codeTypeMismatch, "arithmetic with decimals is not supported")
	case a.Type == bson.TypeDouble || b.Type == bson.TypeDouble:
		return toValue(asFloat(a) + asFloat(b)), nil
	}
	x, _ := asInt(a)
	y, _ := asInt(b)
	if (x > 0 && y > math.MaxInt64-x) || (x < 0 && y < math.MinInt64-x) {
		return value{}, errorf(codeBadValue, "Failed to apply $inc: the result doesn't fit into a 64-bit integer")
	}
	sum := x + y
	if a.Type == bson.TypeInt32 && b.Type == bson.TypeInt32 && sum == int64(int32(sum)) {
		return toValue(int32(sum)), nil
	}
	return toValue(sum), nil
}

func asFloat(v value) float64 {
	if v.Type == bson.TypeDouble {
		return v.Double()
	}
	n, _ := asInt(v)
	return float64(n)
}

func currentDate(i *item, arg value) error {
	kind := "date"
	if isDocument(arg) {
		kind, _ = field(arg.Data, "$type").StringValueOK()
	} else if arg.Type != bson.TypeBoolean {
		return errorf(codeBadValue, "%s is not valid type for $currentDate", arg.Type)
	}
	now := time.Now()
	switch kind {
	case "date":
		i.value = toValue(primitive.NewDateTimeFromTime(now))
	case "timestamp":
		i.value = toValue(primitive.Timestamp{T: uint32(now.Unix()), I: 1})
	default:
		return errorf(codeBadValue, "The '$type' string field is required to be 'date' or 'timestamp'")
	}
	i.inner = nil
	return nil
}
