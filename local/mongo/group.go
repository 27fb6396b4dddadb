package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// accumulated is a field that $group sums up.
type accumulated struct {
	name string
	of   expression
}

func parseGroup(v value) stage {
	var id expression
	var made []accumulated
	for k, each := range fields(asDocument("$group", v)) {
		if string(k) == "_id" {
			id = parseExpression(each)
		} else {
			made = append(made, parseAccumulated(string(k), each))
		}
	}
	if id == nil {
		refuse(15955, "a group specification must include an _id")
	}
	return func(docs []document) []document { return group(docs, id, made) }
}

func parseAccumulated(name string, v value) accumulated {
	if !isDocument(v) || count(v.Data) != 1 {
		refuse(40234, "The field '%s' must be an accumulator object", name)
	}
	sum, number := field(v.Data, "$sum"), field(v.Data, "$count")
	switch {
	case !missing(sum):
		return accumulated{name, parseExpression(sum)}
	case missing(number):
		refuse(15952, "unknown group operator in %s", v)
	case !isDocument(number) || count(number.Data) > 0:
		refuse(codeTypeMismatch, "$count takes no arguments, i.e. $count:{}")
	}
	return accumulated{name, func(document) value { return one }}
}

// member is one group.
type member struct {
	id   value
	sums []value
}

func group(docs []document, id expression, made []accumulated) (results []document) {
	var groups []*member
	byKey := map[string]*member{}
	for _, doc := range docs {
		v := orNull(id(doc))
		key := string(appendKey(nil, v))
		g := byKey[key]
		if g == nil {
			g = &member{id: v, sums: slices.Repeat([]value{zero}, len(made))}
			byKey[key], groups = g, append(groups, g)
		}
		for n, a := range made {
			g.sums[n] = add(g.sums[n], a.of(doc))
		}
	}
	for _, g := range groups {
		results = append(results, build(func(dst []byte) []byte {
			dst = bsoncore.AppendValueElement(dst, "_id", g.id)
			for n, a := range made {
				dst = bsoncore.AppendValueElement(dst, a.name, g.sums[n])
			}
			return dst
		}))
	}
	return results
}

var zero, one = toValue(int32(0)), toValue(int32(1))

// add adds numbers and ignores everything else.
func add(total, v value) value {
	if !isNumber(v) {
		return total
	}
	if n, fits := sum(total, v); fits {
		return n
	}
	return toValue(asFloat(total) + asFloat(v))
}
