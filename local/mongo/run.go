package mongo

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// effort counts what a plan has examined.
type effort struct{ keys, docs int64 }

// yield takes a document and its key. It returns false to stop, which gives the document back.
type yield func(key []byte, doc document) bool

// run yields the documents that match a plan's filter, and reports whether those were all. The plan remembers how far it
// got: the next run, in another transaction as well, continues there. A document can come twice if an array has several
// of the values; a seen set prevents that.
func (p *plan) run(t *txn, e *effort, seen map[string]bool, take yield) (all bool) {
	if p.never {
		return true
	}
	once := func(key []byte, doc document) bool {
		if seen[string(key)] || !p.filter.match(doc) {
			return true
		}
		if seen != nil {
			seen[string(key)] = true
		}
		if !take(key, doc) {
			delete(seen, string(key))
			return false
		}
		return true
	}
	for p.any != nil {
		if len(p.any) == 0 {
			return true
		}
		if !p.any[0].run(t, e, nil, once) {
			return false
		}
		p.any = p.any[1:]
	}
	return p.runIndex(t, e, once)
}

func (p *plan) runIndex(t *txn, e *effort, take yield) (all bool) {
	docs := t.Bucket(p.c.docsName())
	if docs == nil {
		refuse(codeQueryPlanKilled, "collection dropped: %s", p.c.ns)
	}
	if p.index == nil && p.spans == nil {
		p.spans = []span{{nil, []byte{0xFF}, 0}}
	}
	if p.index == nil || p.index == idIndex {
		return p.read(docs, func(k, v []byte) bool {
			if e.docs++; p.index != nil {
				e.keys++
			}
			return take(k, v)
		})
	}
	entries := t.Bucket(p.c.indexName(p.index))
	if entries == nil {
		refuse(codeQueryPlanKilled, "index dropped: %s of %s", p.index.name, p.c.ns)
	}
	at := docs.Cursor()
	return p.read(entries, func(k, v []byte) bool {
		e.keys++
		e.docs++
		key := k[prefixLength(v):]
		found, doc := at.Seek(key)
		if !bytes.Equal(found, key) {
			refuse(codeInternal, "index %s of %s has an entry for a document that isn't there", p.index.name, p.c.ns)
		}
		return take(key, doc)
	})
}

// repeats reports whether a run may meet a document twice and needs a seen set.
func (p *plan) repeats() bool { return p.any != nil || (p.index != nil && p.index.isMultikey()) }

// read visits the keys of the spans, and cuts off what it has visited.
func (p *plan) read(b *bolt.Bucket, visit func(k, v []byte) bool) (all bool) {
	if p.merge {
		return p.readMerged(b, visit)
	}
	c := b.Cursor()
	for len(p.spans) > 0 {
		n := 0
		if p.reverse {
			n = len(p.spans) - 1
		}
		s := &p.spans[n]
		for k, v := p.first(c, s); k != nil; k, v = p.next(c, s) {
			if !visit(k, v) {
				p.cutOff(s, k)
				return false
			}
		}
		p.spans = slices.Delete(p.spans, n, n+1)
	}
	return true
}

// first finds where a span starts, in the direction of the plan.
func (p *plan) first(c *bolt.Cursor, s *span) (k, v []byte) {
	if !p.reverse {
		return s.within(c.Seek(s.from))
	}
	if k, _ = c.Seek(s.to); k == nil {
		return s.within(c.Last())
	}
	return s.within(c.Prev())
}

func (p *plan) next(c *bolt.Cursor, s *span) (k, v []byte) {
	if p.reverse {
		return s.within(c.Prev())
	}
	return s.within(c.Next())
}

// within ends a span at its bounds.
func (s *span) within(k, v []byte) ([]byte, []byte) {
	if k == nil || bytes.Compare(k, s.from) < 0 || bytes.Compare(k, s.to) >= 0 {
		return nil, nil
	}
	return k, v
}

// cutOff removes what has been visited up to k, whose document was given back.
func (p *plan) cutOff(s *span, k []byte) {
	if p.reverse {
		s.to = append(slices.Clone(k), 0)
		return
	}
	s.from = slices.Clone(k)
}

// head is where a merge is in one span.
type head struct {
	s    *span
	c    *bolt.Cursor
	k, v []byte
}

// readMerged visits several spans in the order of what follows their suffix.
func (p *plan) readMerged(b *bolt.Bucket, visit func(k, v []byte) bool) (all bool) {
	heads := make([]*head, 0, len(p.spans))
	for n := range p.spans {
		h := &head{s: &p.spans[n], c: b.Cursor()}
		if h.k, h.v = p.first(h.c, h.s); h.k != nil {
			heads = append(heads, h)
		}
	}
	order := func(a, b *head) int {
		n := bytes.Compare(a.k[a.s.suffix:], b.k[b.s.suffix:])
		if p.reverse {
			return -n
		}
		return n
	}
	for len(heads) > 0 {
		h := slices.MinFunc(heads, order)
		if !visit(h.k, h.v) {
			break
		}
		if h.k, h.v = p.next(h.c, h.s); h.k == nil {
			h.s.from = h.s.to // all of it is visited
			heads = slices.DeleteFunc(heads, func(other *head) bool { return other == h })
		}
	}
	for _, h := range heads {
		p.cutOff(h.s, h.k)
	}
	return len(heads) == 0
}
