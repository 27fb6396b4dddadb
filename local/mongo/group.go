package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// accumulated is a field that $group sums up.
type accumulated struct {
	name string
	of   expression
}

func parseGroup(v value) (stage, error) {
	doc, err := asDocument("$group", v)
	if err != nil {
		return nil, err
	}
	var id expression
	var made []accumulated
	for k, each := range fields(doc) {
		if string(k) == "_id" {
			if id, err = parseExpression(each); err != nil {
				return nil, err
			}
			continue
		}
		a, err := parseAccumulated(string(k), each)
		if err != nil {
			return nil, err
		}
		made = append(made, a)
	}
	if id == nil {
		return nil, errorf(15955, "a group specification must include an _id")
	}
	return func(docs []document) ([]document, error) { return group(docs, id, made) }, nil
}

func parseAccumulated(name string, v value) (a accumulated, err error) {
	if !isDocument(v) || count(v.Data) != 1 {
		return a, errorf(40234, "The field '%s' must be an accumulator object", name)
	}
	for k, of := range fields(v.Data) {
		a.name = name
		switch op := string(k); {
		case op == "$sum":
			a.of, err = parseExpression(of)
		case op != "$count":
			err = errorf(15952, "unknown group operator '%s'", op)
		case !isDocument(of) || count(of.Data) > 0:
			err = errorf(codeTypeMismatch, "$count takes no arguments, i.e. $count:{}")
		default:
			a.of = func(document) value { return one }
		}
	}
	return a, err
}

// member is one group.
type member struct {
	id   value
	sums []value
}

func group(docs []document, id expression, made []accumulated) ([]document, error) {
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
			next, err := add(g.sums[n], a.of(doc))
			if err != nil {
				return nil, err
			}
			g.sums[n] = next
		}
	}
	var results []document
	for _, g := range groups {
		results = append(results, build(func(dst []byte) []byte {
			dst = bsoncore.AppendValueElement(dst, "_id", g.id)
			for n, a := range made {
				dst = bsoncore.AppendValueElement(dst, a.name, g.sums[n])
			}
			return dst
		}))
	}
	return results, nil
}

var zero, one = toValue(int32(0)), toValue(int32(1))

// add adds numbers and ignores everything else.
func add(total, v value) (value, error) {
	if !isNumber(v) {
		return total, nil
	}
	sum, err := calculate(total, v)
	if err != nil && v.Type != bson.TypeDecimal128 { // beyond 64 bits
		sum, err = toValue(asFloat(total)+asFloat(v)), nil
	}
	return sum, err
}
