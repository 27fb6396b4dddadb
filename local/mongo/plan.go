package mongo

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// maxSpans bounds how many ranges of an index a plan reads: $in on several fields multiplies them.
const maxSpans = 1000

// span is a range of keys of an index that is still to be read, without to. The bytes before suffix are the same for all
// its keys.
type span struct {
	from, to []byte
	suffix   int
}

// plan says how to find the documents that a filter selects.
type plan struct {
	c       *collection
	filter  filter
	index   *index // nil reads the whole collection
	spans   []span // what is still to be read of the index
	bounded bool   // the spans leave something out
	points  int    // leading fields that are compared for equality
	ranged  bool   // the field after them has a range
	reverse bool
	merge   bool    // spans are read together, in the order of what follows their suffix
	any     []*plan // of $or, one for each branch; index is nil then
	sorted  bool    // documents come in the order that was asked for
	never   bool    // nothing can match
	direct  bool    // a limit stops it, and each document that it reads is in the result
	counted int     // keys in the spans, once they are counted
}

// query is what is asked of a collection.
type query struct {
	filter filter
	sort   sortSpec
	skip   int64
	limit  int64
	hint   value
}

// choose makes the plan for a query.
func (t *txn) choose(c *collection, q query) *plan {
	conditions, ors := conjuncts(q.filter)
	hinted, natural := c.hinted(q.hint)
	scan := &plan{c: c, filter: q.filter, sorted: len(q.sort) == 0, reverse: natural < 0}
	if natural != 0 {
		return scan
	}
	if hinted != nil {
		p := c.try(hinted, conditions, q, true)
		if p == nil {
			refuse(codeBadValue, "error processing query: planner returned error :: caused by :: the hinted index can't answer this query")
		}
		return p
	}
	best := scan
	for _, i := range c.indexes {
		for _, some := range i.alternatives(conditions) {
			p := c.try(i, some, q, false)
			if p == nil {
				continue
			}
			p.direct = q.limit > 0 && p.sorted && len(ors) == 0 && p.used() == len(conditions)
			if p.better(t, best) {
				best = p
			}
		}
	}
	if !best.bounded {
		for _, branches := range ors {
			if p := t.union(c, branches, q); p != nil {
				return p
			}
		}
	}
	return best
}

// alternatives lists the conditions to plan with. If the first field has arrays, only one of its conditions counts, and any
// of them may be the best.
func (i *index) alternatives(conditions []*condition) (all [][]*condition) {
	if !i.multikey[0] {
		return [][]*condition{conditions}
	}
	bounds := func(c *condition) bool { return c.path == i.fields[0].path && c.bounds(false) != nil }
	for _, c := range conditions {
		if bounds(c) {
			all = append(all, slices.DeleteFunc(slices.Clone(conditions), func(o *condition) bool { return o != c && bounds(o) }))
		}
	}
	if all == nil {
		all = [][]*condition{conditions}
	}
	return all
}

// trial is how many keys are counted to find the shorter of two plans.
const trial = 1000

// better reports whether a plan is better than another: if both have bounds and neither is direct, the one with fewer
// keys.
func (p *plan) better(t *txn, other *plan) bool {
	a, b := p.score(), other.score()
	same := func(x, y span) bool { return bytes.Equal(x.from, y.from) && bytes.Equal(x.to, y.to) }
	if p.bounded && other.bounded && !p.direct && !other.direct && max(a, b) < uniqueEntry && !slices.EqualFunc(p.spans, other.spans, same) {
		if n, m := p.keys(t), other.keys(t); n != m {
			return n < m
		}
	}
	return a > b
}

// keys counts the keys in the spans, up to trial.
func (p *plan) keys(t *txn) int {
	if p.counted > 0 {
		return p.counted
	}
	c := t.Bucket(p.c.indexName(p.index)).Cursor()
	for i := range p.spans {
		for k, _ := p.first(c, &p.spans[i]); k != nil && p.counted < trial; k, _ = p.next(c, &p.spans[i]) {
			p.counted++
		}
	}
	return p.counted
}

// used is how many fields of the index have bounds.
func (p *plan) used() int {
	if p.ranged {
		return p.points + 1
	}
	return p.points
}

// uniqueEntry is the score of a plan that reads one entry.
const uniqueEntry = 1 << 10

// score prefers a unique entry, then more fields compared for equality, then a range, then the order that's asked for.
func (p *plan) score() (n int) {
	if p.never {
		return 1 << 20
	}
	if p.index != nil && p.index.unique && p.points == len(p.index.fields) {
		n += uniqueEntry
	}
	if p.bounded {
		n += 8 + 4*p.points
	}
	if p.ranged {
		n += 2
	}
	if p.sorted {
		n++
	}
	return n
}

// hinted finds the index that a hint names. natural is the direction of $natural, or 0.
func (c *collection) hinted(hint value) (i *index, natural int64) {
	n := -1
	switch hint.Type {
	case 0:
		return nil, 0
	case bson.TypeString:
		n = slices.IndexFunc(c.indexes, func(i *index) bool { return i.name == hint.StringValue() })
	case bson.TypeEmbeddedDocument:
		if natural, ok := asInt(field(hint.Data, "$natural")); ok || count(hint.Data) == 0 {
			return nil, natural
		}
		n = slices.IndexFunc(c.indexes, func(i *index) bool { return equal(hint, value{Type: hint.Type, Data: i.pattern()}) })
	default:
		refuse(codeFailedToParse, "Hint must be a string or an object")
	}
	if n < 0 {
		refuse(codeBadValue, "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index")
	}
	return c.indexes[n], 0
}

// conjuncts lists the conditions that each document has to meet, and the lists of alternatives.
func conjuncts(f filter) (conditions []*condition, ors []or) {
	switch f := f.(type) {
	case and:
		for _, each := range f {
			c, o := conjuncts(each)
			conditions, ors = append(conditions, c...), append(ors, o...)
		}
	case or:
		if len(f) == 1 {
			return conjuncts(f[0])
		}
		ors = append(ors, f)
	case *condition:
		conditions = append(conditions, f)
		if f.op == "$elemMatch" && !f.values {
			inner, _ := conjuncts(f.sub)
			for _, each := range inner {
				nested := *each
				nested.path = f.path + "." + each.path
				conditions = append(conditions, &nested)
			}
		}
	}
	return conditions, ors
}

// union plans each branch of an $or, if an index bounds all of them.
func (t *txn) union(c *collection, branches or, q query) *plan {
	p := &plan{c: c, filter: q.filter, bounded: true, sorted: len(q.sort) == 0}
	for _, branch := range branches {
		b := t.choose(c, query{filter: branch})
		if !b.bounded {
			return nil
		}
		p.any = append(p.any, b)
	}
	return p
}

// try plans a query by an index. It returns nil if the index doesn't help.
func (c *collection) try(i *index, conditions []*condition, q query, forced bool) *plan {
	p := &plan{c: c, filter: q.filter, index: i}
	whole := i.sparse // a sparse index has all documents only if the filter wants one of its fields
	var sets []intervals
	taken := false // an array's field has a bound
	for n := range i.fields {
		set, present := i.bound(n, conditions, taken)
		whole = whole && !present
		// Bounds count up to the first field without, or with a range.
		if set != nil && len(sets) == n && (n == 0 || sets[n-1].arePoints()) {
			taken = taken || i.multikey[n]
			sets = append(sets, set)
		}
	}
	if whole {
		return nil
	}
	p.bounded = len(sets) > 0 || i.sparse
	p.cut(sets)
	p.sort(q.sort)
	if !p.bounded && !forced && (!p.sorted || len(q.sort) == 0) {
		return nil
	}
	return p
}

// bound intersects the conditions on a field. If arrays occur on its path, different elements may meet different
// conditions, so only one of them counts, and none if another field of the same array has a bound. present reports whether
// the conditions want the field to be there.
func (i *index) bound(n int, conditions []*condition, taken bool) (set intervals, present bool) {
	for _, c := range conditions {
		if c.path != i.fields[n].path {
			continue
		}
		if c.op == "$exists" {
			present = true
			continue
		}
		b := c.bounds(i.fields[n].desc)
		if b == nil {
			continue
		}
		present = present || c.wantsField()
		switch {
		case i.multikey[n] && taken:
		case set == nil:
			set = b
		case i.multikey[n]:
			if !set.arePoints() && b.arePoints() {
				set = b
			}
		default:
			set = intersect(set, b)
		}
	}
	return set, present
}

// cut turns the bounds of the leading fields into spans.
func (p *plan) cut(sets []intervals) {
	prefixes := [][]byte{nil}
	for len(sets) > 0 && sets[0].arePoints() && len(prefixes)*len(sets[0]) <= maxSpans {
		var longer [][]byte
		for _, prefix := range prefixes {
			for _, each := range sets[0] {
				longer = append(longer, slices.Concat(prefix, each.from))
			}
		}
		prefixes, sets = longer, sets[1:]
		p.points++
	}
	for _, prefix := range prefixes {
		if len(sets) == 0 {
			p.spans = append(p.spans, span{prefix, after(prefix), len(prefix)})
			continue
		}
		p.ranged = true
		for _, each := range sets[0] {
			p.spans = append(p.spans, span{slices.Concat(prefix, each.from), slices.Concat(prefix, each.to), len(prefix)})
		}
	}
	p.never = len(p.spans) == 0
}

// sort finds out whether the index yields the order that's asked for. Fields compared for equality don't matter to it.
func (p *plan) sort(spec sortSpec) {
	if len(spec) == 0 {
		p.sorted = true
		return
	}
	fixed := map[string]bool{}
	for n, f := range p.index.fields[:p.points] {
		fixed[f.path] = len(p.spans) <= 1 && !p.index.multikey[n]
	}
	next, direction := p.points, 0
	for _, s := range spec {
		if fixed[s.path] {
			continue
		}
		if next >= len(p.index.fields) || p.index.fields[next].path != s.path || p.index.multikey[next] {
			return
		}
		d := 1
		if s.desc != p.index.fields[next].desc {
			d = -1
		}
		if direction != 0 && d != direction {
			return
		}
		direction = d
		next++
	}
	p.sorted, p.reverse = true, direction < 0
	p.merge = len(p.spans) > 1 && !sameSuffix(p.spans)
}

// sameSuffix reports whether spans differ in their range only, so that reading them one by one keeps the order.
func sameSuffix(spans []span) bool {
	first := spans[0]
	return !slices.ContainsFunc(spans, func(s span) bool {
		return s.suffix != first.suffix || !bytes.Equal(s.from[:s.suffix], first.from[:first.suffix])
	})
}

// scans reports whether the plan reads a whole collection to answer a filter or to sort.
func (p *plan) scans(q query) bool {
	if p.never || p.bounded {
		return false
	}
	filtered := true
	if f, ok := q.filter.(and); ok {
		filtered = len(f) > 0
	}
	return filtered || !p.sorted
}
