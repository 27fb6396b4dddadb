package conformance

import (
	"cmp"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// record is a document as the model keeps it. A value is nil, an int64, a string, or a list of those;
// a path such as d.x is a key like any other.
type record map[string]any

type list = []any

// model is a collection as anybody would write it: a map, scanned for everything.
type model struct {
	records map[int64]record
	unique  bool // u is unique where it exists
}

// condition is a filter in both forms.
type condition struct {
	bson  bson.D
	holds func(record) bool
}

// change is an update in both forms.
type change struct {
	bson  bson.D
	apply func(record)
}

// conflicts says whether a record may not be stored beside the others.
func (m *model) conflicts(r record) bool {
	u, set := r["u"]
	if !m.unique || !set {
		return false
	}
	for id, other := range m.records {
		if v, set := other["u"]; set && v == u && id != r["_id"] {
			return true
		}
	}
	return false
}

// matching are the records a filter selects, by their sort and then their _id.
func (m *model) matching(c condition, sort string, direction int) []record {
	var found []record
	for _, r := range m.records {
		if c.holds(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b record) int {
		by := 0
		if sort != "" {
			by = direction * compare(sortKey(a, sort, direction), sortKey(b, sort, direction))
		}
		return cmp.Or(by, cmp.Compare(a["_id"].(int64), b["_id"].(int64)))
	})
	return found
}

// empty is what an empty list sorts as: below everything.
type empty struct{}

// sortKey is the least element of a list upwards and the greatest downwards.
func sortKey(r record, field string, direction int) any {
	l, isList := r[field].(list)
	switch {
	case !isList:
		return r[field]
	case len(l) == 0:
		return empty{}
	case direction > 0:
		return slices.MinFunc(l, compare)
	}
	return slices.MaxFunc(l, compare)
}

// compare orders values by their types, then within their type.
func compare(a, b any) int {
	rank := func(v any) int {
		switch v.(type) {
		case empty:
			return 0
		case nil:
			return 1
		case int64:
			return 2
		}
		return 3
	}
	if by := cmp.Compare(rank(a), rank(b)); by != 0 {
		return by
	}
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}

// anyOf says whether a value, or an element of a list, satisfies a test.
func anyOf(v any, test func(any) bool) bool {
	if l, isList := v.(list); isList {
		return slices.ContainsFunc(l, test)
	}
	return test(v)
}

// equal is a filter {field: value}; a field that is missing equals null.
func equal(field string, value any) condition {
	return condition{bson.D{{Key: field, Value: value}}, func(r record) bool {
		return anyOf(r[field], func(v any) bool { return v == value })
	}}
}

// within is a range of one type; each bound may be met by another element of a list.
func within(field string, above, below any) condition {
	sameType := func(a, b any) bool {
		_, x := a.(int64)
		_, y := b.(int64)
		return a != nil && x == y
	}
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$gt", Value: above}, {Key: "$lte", Value: below}}}}, func(r record) bool {
		return anyOf(r[field], func(v any) bool { return sameType(v, above) && compare(v, above) > 0 }) &&
			anyOf(r[field], func(v any) bool { return sameType(v, below) && compare(v, below) <= 0 })
	}}
}

// inOne is a range that one element of a list meets.
func inOne(field string, above, below int64) condition {
	bounds := bson.D{{Key: "$gt", Value: above}, {Key: "$lt", Value: below}}
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$elemMatch", Value: bounds}}}}, func(r record) bool {
		l, _ := r[field].(list)
		return slices.ContainsFunc(l, func(v any) bool { n, is := v.(int64); return is && n > above && n < below })
	}}
}

func exists(field string, want bool) condition {
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: want}}}}, func(r record) bool {
		_, set := r[field]
		return set == want
	}}
}

func oneOf(field string, values ...any) condition {
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$in", Value: values}}}}, func(r record) bool {
		return anyOf(r[field], func(v any) bool { return slices.Contains(values, v) })
	}}
}

func unequal(field string, value any) condition {
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$ne", Value: value}}}}, func(r record) bool {
		return !equal(field, value).holds(r)
	}}
}

func sized(field string, n int) condition {
	return condition{bson.D{{Key: field, Value: bson.D{{Key: "$size", Value: n}}}}, func(r record) bool {
		l, isList := r[field].(list)
		return isList && len(l) == n
	}}
}

// combine joins conditions by $and, $or or $nor.
func combine(by string, all ...condition) condition {
	forms := bson.A{}
	for _, c := range all {
		forms = append(forms, c.bson)
	}
	return condition{bson.D{{Key: by, Value: forms}}, func(r record) bool {
		n := 0
		for _, c := range all {
			if c.holds(r) {
				n++
			}
		}
		switch by {
		case "$and":
			return n == len(all)
		case "$or":
			return n > 0
		}
		return n == 0
	}}
}

// operator makes a change of one field.
func operator(name, field string, value any, apply func(record)) change {
	return change{bson.D{{Key: name, Value: bson.D{{Key: field, Value: value}}}}, apply}
}

// stored is a record in the form of the database, where d.x is a document.
func (r record) stored() bson.M {
	d := bson.M(maps.Clone(r))
	if x, set := d["d.x"]; set {
		delete(d, "d.x")
		d["d"] = bson.M{"x": x}
	}
	return d
}

// plain turns what the driver decodes, and what the model keeps, into the same types.
func plain(v any) any {
	switch v := v.(type) {
	case bson.M:
		d := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			d[k] = plain(v[k])
		}
		return d
	case bson.A:
		return plain(list(v))
	case list:
		l := list{}
		for _, e := range v {
			l = append(l, plain(e))
		}
		return l
	case int32:
		return int64(v)
	}
	return v
}
