package mongo

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// bound is a place in the order of encoded values: before or after all that start with a prefix.
type bound struct {
	prefix []byte
	after  bool
}

// bytes is the bound as a key.
func (b bound) bytes() []byte {
	if !b.after {
		return b.prefix
	}
	key := slices.Clone(b.prefix)
	for key[len(key)-1] == 0xFF { // never the first, which is a rank
		key = key[:len(key)-1]
	}
	key[len(key)-1]++
	return key
}

// inverted is the same place among inverted encodings.
func (b bound) inverted() bound { return bound{invert(slices.Clone(b.prefix)), !b.after} }

func (b bound) compare(other bound) int { return bytes.Compare(b.bytes(), other.bytes()) }

// interval is a range of encoded values of one field.
type interval struct {
	from, to bound
	point    bool // it's one value
}

func point(key []byte) interval { return interval{bound{key, false}, bound{key, true}, true} }

// intervals are the values that satisfy a condition, in order. They may include more: every document is tested again.
type intervals []interval

func (i intervals) arePoints() bool {
	return !slices.ContainsFunc(i, func(each interval) bool { return !each.point })
}

// bounds returns the intervals of a condition, ascending, or nil if an index is of no use to it.
func (c *condition) bounds() intervals {
	switch c.op {
	case "$eq":
		if c.operand.Type == bson.TypeArray || c.operand.Type == bson.TypeUndefined {
			return nil // an index holds the elements
		}
		return withMissing(intervals{point(c.key)}, c.key)
	case "$in":
		if len(c.regexes) > 0 {
			return nil
		}
		all := intervals{}
		for _, key := range c.in {
			if key[0] == rankArray || key[0] == rankUndefined {
				return nil
			}
			all = append(all, withMissing(intervals{point(key)}, key)...)
		}
		return all
	case "$gt", "$gte", "$lt", "$lte":
		return c.rangeBounds()
	}
	return nil
}

// withMissing adds undefined, under which an index keeps an empty array, to null.
func withMissing(i intervals, key []byte) intervals {
	if key[0] == rankNull {
		return append(intervals{point([]byte{rankUndefined})}, i...)
	}
	return i
}

func (c *condition) rangeBounds() intervals {
	switch c.key[0] {
	case rankArray, rankMinKey, rankMaxKey, rankNull, rankUndefined:
		return nil
	}
	kind := []byte{c.key[0]}
	low, high := bound{kind, false}, bound{kind, true}
	switch c.op {
	case "$gt":
		low = bound{c.key, true}
	case "$gte":
		low = bound{c.key, false}
	case "$lt":
		high = bound{c.key, false}
	case "$lte":
		high = bound{c.key, true}
	}
	return intervals{{from: low, to: high}}
}

// intersect returns what is in both, which is right for fields without arrays only.
func intersect(a, b intervals) intervals {
	both := intervals{}
	for _, x := range a {
		for _, y := range b {
			common := x
			if y.from.compare(x.from) > 0 {
				common.from = y.from
			}
			if y.to.compare(x.to) < 0 {
				common.to = y.to
			}
			common.point = x.point || y.point
			if common.from.compare(common.to) < 0 {
				both = append(both, common)
			}
		}
	}
	slices.SortFunc(both, func(a, b interval) int { return a.from.compare(b.from) })
	return both
}

// descending turns intervals into those of inverted encodings.
func (i intervals) descending() intervals {
	turned := make(intervals, 0, len(i))
	for _, each := range slices.Backward(i) {
		turned = append(turned, interval{each.to.inverted(), each.from.inverted(), each.point})
	}
	return turned
}
