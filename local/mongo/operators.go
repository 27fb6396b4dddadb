package mongo

import (
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// operators parse an argument, and return the change of the item at a path. Its value is missing if it was just made.
var operators = map[string]func(arg value) func(*item){
	"$set":         with((*item).set),
	"$setOnInsert": with((*item).set),
	"$unset":       nil, // it changes the item's parent
	"$inc":         with(increment),
	"$min":         with(func(i *item, arg value) { extreme(i, arg, -1) }),
	"$max":         with(func(i *item, arg value) { extreme(i, arg, 1) }),
	"$currentDate": with(currentDate),
	"$push":        with(push),
	"$addToSet":    with(addToSet),
	"$pop":         with(pop),
	"$pull":        parsePull,
}

func with(change func(*item, value)) func(value) func(*item) {
	return func(arg value) func(*item) { return func(i *item) { change(i, arg) } }
}

// operation is one operator at one path.
type operation struct {
	op     string
	path   string
	parts  []string
	change func(*item)
}

// parseOperators reads the operators of an update, and refuses paths that collide. They're sorted by path, which is the
// order of the fields they add; positions in arrays compare as numbers.
func parseOperators(change document) []operation {
	all := []operation{}
	for k, v := range fields(change) {
		op := string(k)
		parse, known := operators[op]
		if !known {
			refuse(codeFailedToParse, "Unknown modifier: %s. Expected a valid update modifier", op)
		}
		if !isDocument(v) {
			refuse(codeFailedToParse, "Modifiers operate on fields but we found type %s instead", v.Type)
		}
		for p, arg := range fields(v.Data) {
			o := operation{op: op, path: string(p), parts: split(string(p))}
			if parse != nil {
				o.change = parse(arg)
			}
			all = append(all, o)
		}
	}
	checkPaths(all)
	slices.SortStableFunc(all, func(a, b operation) int { return slices.CompareFunc(a.parts, b.parts, comparePart) })
	return all
}

func checkPaths(all []operation) {
	known := map[string]bool{}
	for _, o := range all {
		if slices.Contains(o.parts, "") {
			refuse(codeEmptyFieldName, "An empty update path is not valid: '%s'", o.path)
		}
		if slices.ContainsFunc(o.parts, func(p string) bool { return p[0] == '$' }) {
			refuse(codeBadValue, "positional operators are not supported, and fields can't start with $: '%s'", o.path)
		}
		if known[o.path] {
			refuse(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", o.path, o.path)
		}
		known[o.path] = true
	}
	for _, o := range all {
		for n := range o.path {
			if o.path[n] == '.' && known[o.path[:n]] {
				refuse(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", o.path, o.path[:n])
			}
		}
	}
}

// applyOperators returns a document as operators change it.
func applyOperators(doc document, all []operation, inserting bool) document {
	t := newTree(doc)
	for _, o := range all {
		switch {
		case o.op == "$setOnInsert" && !inserting:
		case o.op == "$unset":
			t.remove(o.path)
		default:
			if i := t.at(o.path, o.op != "$pop" && o.op != "$pull"); i != nil {
				o.change(i)
			}
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
