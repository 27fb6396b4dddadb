package mongo

import (
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// operators change the item at a path. The item's value is missing if it was just made.
var operators = map[string]func(i *item, arg value){
	"$set":         (*item).set,
	"$inc":         increment,
	"$min":         func(i *item, arg value) { extreme(i, arg, -1) },
	"$max":         func(i *item, arg value) { extreme(i, arg, 1) },
	"$currentDate": currentDate,
	"$push":        push,
	"$addToSet":    addToSet,
	"$pop":         pop,
	"$pull":        pull,
}

// checkOperators refuses what an update can't do, and paths that collide.
func checkOperators(change document) {
	var paths []string
	for k, v := range fields(change) {
		op := string(k)
		if operators[op] == nil && op != "$unset" && op != "$setOnInsert" {
			refuse(codeFailedToParse, "Unknown modifier: %s. Expected a valid update modifier", op)
		}
		if !isDocument(v) {
			refuse(codeFailedToParse, "Modifiers operate on fields but we found type %s instead", v.Type)
		}
		for p := range fields(v.Data) {
			paths = append(paths, string(p))
		}
	}
	slices.Sort(paths)
	for n, path := range paths {
		parts := split(path)
		if slices.Contains(parts, "") {
			refuse(codeEmptyFieldName, "An empty update path is not valid: '%s'", path)
		}
		if slices.ContainsFunc(parts, func(p string) bool { return p[0] == '$' }) {
			refuse(codeBadValue, "positional operators are not supported, and fields can't start with $: '%s'", path)
		}
		for _, other := range paths[n+1:] {
			if other == path || strings.HasPrefix(other, path+".") {
				refuse(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", other, path)
			}
		}
	}
}

// operation is one operator at one path.
type operation struct {
	op    string
	path  string
	parts []string
	arg   value
}

// applyOperators returns a document as operators change it. They run by path, which is the order of the fields they add;
// positions in arrays compare as numbers.
func applyOperators(doc, change document, inserting bool) document {
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
		if o.op == "$unset" {
			t.remove(o.path)
		} else if i := t.at(o.path, o.op != "$pop" && o.op != "$pull"); i != nil {
			operators[o.op](i, o.arg)
		}
	}
	return t.encode()
}

func comparePart(a, b string) int {
	n, isN := position(a)
	m, isM := position(b)
	if isN && isM {
		return n - m
	}
	return strings.Compare(a, b)
}

// extreme keeps the lower or the higher value.
func extreme(i *item, arg value, sign int) {
	if now := i.current(); missing(now) || compare(arg, now) == sign {
		i.set(arg)
	}
}

// increment adds. The result has the wider type of both; an int that overflows becomes a long, and a long that does is
// refused.
func increment(i *item, arg value) {
	now := i.current()
	if !isNumber(arg) || !(missing(now) || isNumber(now)) {
		refuse(codeTypeMismatch, "Cannot apply $inc to a value of non-numeric type")
	}
	if !missing(now) {
		var fits bool
		if arg, fits = sum(now, arg); !fits {
			refuse(codeBadValue, "Failed to apply $inc: the result doesn't fit into a 64-bit integer")
		}
	}
	i.set(arg)
}

// sum adds numbers. fits is false if the result doesn't fit into 64 bits.
func sum(a, b value) (total value, fits bool) {
	switch {
	case a.Type == bson.TypeDecimal128 || b.Type == bson.TypeDecimal128:
		refuse(codeTypeMismatch, "arithmetic with decimals is not supported")
	case a.Type == bson.TypeDouble || b.Type == bson.TypeDouble:
		return toValue(asFloat(a) + asFloat(b)), true
	}
	x, _ := asInt(a)
	y, _ := asInt(b)
	n := x + y
	if a.Type == bson.TypeInt32 && b.Type == bson.TypeInt32 && n == int64(int32(n)) {
		return toValue(int32(n)), true
	}
	return toValue(n), (n > x) == (y > 0)
}

func asFloat(v value) float64 {
	if v.Type == bson.TypeDouble {
		return v.Double()
	}
	n, _ := asInt(v)
	return float64(n)
}

func currentDate(i *item, arg value) {
	kind := "date"
	if isDocument(arg) {
		kind, _ = field(arg.Data, "$type").StringValueOK()
	} else if arg.Type != bson.TypeBoolean {
		refuse(codeBadValue, "%s is not valid type for $currentDate", arg.Type)
	}
	now := time.Now()
	switch kind {
	case "date":
		i.set(toValue(primitive.NewDateTimeFromTime(now)))
	case "timestamp":
		i.set(toValue(primitive.Timestamp{T: uint32(now.Unix()), I: 1}))
	default:
		refuse(codeBadValue, "The '$type' string field is required to be 'date' or 'timestamp'")
	}
}
