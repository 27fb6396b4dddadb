package mongo

import (
	"bytes"
	"slices"
)

// interval is a range of encoded values of one field, without to.
type interval struct {
	from, to []byte
	point    bool // it's one value
}

// after is the first key behind all that start with a prefix.
func after(prefix []byte) []byte {
	key := slices.Clone(prefix)
	for len(key) > 0 && key[len(key)-1] == 0xFF {
		key = key[:len(key)-1]
	}
	if len(key) == 0 {
		return []byte{0xFF} // no key starts with it
	}
	key[len(key)-1]++
	return key
}

// between makes the interval of a field from the encoding low to the encoding high. Each is itself included or not.
func between(low, high []byte, includesLow, includesHigh, desc bool) interval {
	point := bytes.Equal(low, high)
	if desc {
		low, high, includesLow, includesHigh = invert(slices.Clone(high)), invert(slices.Clone(low)), includesHigh, includesLow
	}
	if !includesLow {
		low = after(low)
	}
	if includesHigh {
		high = after(high)
	}
	return interval{low, high, point}
}

// intervals are the values that satisfy a condition, in order. They may include more: every document is tested again.
type intervals []interval

func (i intervals) arePoints() bool {
	return !slices.ContainsFunc(i, func(each interval) bool { return !each.point })
}

// bounds returns the intervals of a condition in the order of a field, or nil if an index is of no use to it.
func (c *condition) bounds(desc bool) intervals {
	keys := c.in
	switch c.op {
	case "$eq":
		keys = [][]byte{c.key}
	case "$in":
	case "$gt", "$gte", "$lt", "$lte":
		return c.rangeBounds(desc)
	default:
		return nil
	}
	if len(c.regexes) > 0 {
		return nil
	}
	all := intervals{}
	for _, key := range keys {
		switch key[0] {
		case rankArray, rankUndefined:
			return nil // an index holds the elements
		case rankNull:
			undefined := []byte{rankUndefined} // under which an index keeps an empty array
			all = append(all, between(undefined, undefined, true, true, desc))
		}
		all = append(all, between(key, key, true, true, desc))
	}
	return all.sorted()
}

func (c *condition) rangeBounds(desc bool) intervals {
	switch c.key[0] {
	case rankArray, rankMinKey, rankMaxKey, rankNull, rankUndefined:
		return nil
	}
	kind := c.key[:1] // ranges stay within a type
	if c.op == "$lt" || c.op == "$lte" {
		return intervals{between(kind, c.key, true, c.op == "$lte", desc)}
	}
	return intervals{between(c.key, kind, c.op == "$gte", true, desc)}
}

// wantsField reports whether no document without the condition's field can meet it.
func (c *condition) wantsField() bool {
	keys := c.in
	if c.op != "$in" {
		keys = [][]byte{c.key}
	}
	return !slices.ContainsFunc(keys, func(key []byte) bool { return key[0] <= rankNull })
}

func (i intervals) sorted() intervals {
	slices.SortFunc(i, func(a, b interval) int { return bytes.Compare(a.from, b.from) })
	return i
}

// intersect returns what is in both, which is right for fields without arrays only.
func intersect(a, b intervals) intervals {
	both := intervals{}
	for _, x := range a {
		for _, y := range b {
			common := interval{x.from, x.to, x.point || y.point}
			if bytes.Compare(y.from, x.from) > 0 {
				common.from = y.from
			}
			if bytes.Compare(y.to, x.to) < 0 {
				common.to = y.to
			}
			if bytes.Compare(common.from, common.to) < 0 {
				both = append(both, common)
			}
		}
	}
	return both.sorted()
}
