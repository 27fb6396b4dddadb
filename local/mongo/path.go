package mongo

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// split takes a dotted path apart.
func split(path string) []string { return strings.Split(path, ".") }

// position reads a path component that can index an array.
func position(part string) (int, bool) {
	if part == "" || len(part) > 9 || part[0] < '0' || part[0] > '9' || (part[0] == '0' && len(part) > 1) {
		return 0, false
	}
	n, err := strconv.Atoi(part)
	return n, err == nil
}

// walk yields every value that a filter on a path looks at: arrays on the way stand
// for their elements, and an array at the end for itself and its elements. It
// yields a missing value for each document on the way that lacks the field. It
// returns false once yield has.
func walk(doc []byte, parts []string, yield func(v value, element bool) bool) bool {
	v := field(doc, parts[0])
	return walkValue(v, parts[1:], yield)
}

func walkValue(v value, rest []string, yield func(v value, element bool) bool) bool {
	if len(rest) == 0 {
		if v.Type == bson.TypeArray {
			for _, item := range fields(v.Data) {
				if !yield(item, true) {
					return false
				}
			}
		}
		return yield(v, false)
	}
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return walk(v.Data, rest, yield)
	case bson.TypeArray:
		n, indexed := position(rest[0])
		i := 0
		for _, item := range fields(v.Data) {
			// A number is a position first: only an element that has such a field means that.
			if isDocument(item) && !(indexed && missing(field(item.Data, rest[0]))) && !walk(item.Data, rest, yield) {
				return false
			}
			if indexed && i == n && !walkValue(item, rest[1:], yield) {
				return false
			}
			i++
		}
		return true
	}
	return yield(value{}, false)
}

// lookup follows a path through documents only, without looking into arrays.
func lookup(doc []byte, parts []string) value {
	v := field(doc, parts[0])
	for _, part := range parts[1:] {
		if !isDocument(v) {
			return value{}
		}
		v = field(v.Data, part)
	}
	return v
}
