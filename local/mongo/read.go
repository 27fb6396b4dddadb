package mongo

import (
	"slices"
)

// checkEvery is after how many documents a command looks at its deadline.
const checkEvery = 256

// reading is a query that is being answered. Between commands it holds no transaction.
type reading struct {
	source *plan      // where documents come from, or
	items  []sortItem // what is left of them
	seen   map[string]bool
	effort effort
}

// read starts a query. A sort without an index reads all documents now.
func (s *Server) read(r *request, t *txn, ns string, q query) (x reading) {
	c := t.cat.collections[ns]
	if c == nil {
		return x
	}
	p := t.choose(c, q)
	s.noteScan(t, r, p, q)
	x.source = p
	if p.repeats() {
		x.seen = map[string]bool{}
	}
	if p.sorted {
		return x
	}
	all := &sorter{spec: q.sort}
	if q.limit > 0 && q.limit+q.skip < 1<<20 {
		all.keep = int(q.limit + q.skip)
	}
	x.each(s, r, t, func(key []byte, doc document) bool { all.add(key, doc); return true })
	all.cut()
	for _, item := range all.items {
		x.items = append(x.items, sortItem{item.key, slices.Clone(item.docKey), slices.Clone(item.doc)})
	}
	x.source = nil
	return x
}

// each yields the documents that are left, and reports whether there may be more because take has stopped it.
func (x *reading) each(s *Server, r *request, t *txn, take yield) (more bool) {
	n := 0
	checked := func(key []byte, doc document) bool {
		if n++; n%checkEvery == 0 {
			r.expired(s.ctx)
		}
		return take(key, doc)
	}
	if x.source != nil && !x.source.run(t, &x.effort, x.seen, checked) {
		return true
	}
	for len(x.items) > 0 {
		if !checked(x.items[0].docKey, x.items[0].doc) {
			return true
		}
		x.items = x.items[1:]
	}
	return false
}
