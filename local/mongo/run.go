package mongo

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// effort counts what a plan has examined.
type effort struct {
	keys, docs int64
}

// run yields the documents of a plan that match its filter, with their keys. The
// plan remembers how far it got: running it again, in another transaction as well,
// goes on from there. It yields a document twice if an array has several of the
// values; a seen set prevents that.
func (p *plan) run(t *txn, e *effort, seen map[string]bool, yield func(key []byte, doc document) error) error {
	if p.never {
		return nil
	}
	if p.any != nil {
		return p.runAny(t, e, seen, yield)
	}
	docs := t.Bucket(p.c.docsName())
	if docs == nil {
		return errorf(codeQueryPlanKilled, "collection dropped: %s", p.c.ns)
	}
	test := func(key []byte, doc document) error {
		e.docs++
		if !p.filter.match(doc) {
			return nil
		}
		if seen != nil {
			if seen[string(key)] {
				return nil
			}
			seen[string(key)] = true
		}
		return yield(key, doc)
	}
	if p.index == nil && p.spans == nil {
		p.spans = []span{{nil, []byte{0xFF}, 0}}
	}
	if p.index == nil || p.index == idIndex {
		return p.read(docs, func(k, v []byte) error {
			if p.index != nil {
				e.keys++
			}
			return test(k, v)
		})
	}
	entries := t.Bucket(p.c.indexName(p.index))
	if entries == nil {
		return errorf(codeQueryPlanKilled, "index dropped: %s of %s", p.index.name, p.c.ns)
	}
	at := docs.Cursor()
	return p.read(entries, func(k, v []byte) error {
		e.keys++
		key := k[prefixLength(v):]
		found, doc := at.Seek(key)
		if !bytes.Equal(found, key) {
			return errorf(codeInternal, "index %s of %s has an entry for a document that isn't there", p.index.name, p.c.ns)
		}
		return test(key, doc)
	})
}

func (p *plan) runAny(t *txn, e *effort, seen map[string]bool, yield func([]byte, document) error) error {
	for len(p.any) > 0 {
		err := p.any[0].run(t, e, nil, func(key []byte, doc document) error {
			if seen[string(key)] || !p.filter.match(doc) {
				return nil
			}
			seen[string(key)] = true
			return yield(key, doc)
		})
		if err != nil {
			return err
		}
		p.any = p.any[1:]
	}
	return nil
}

// repeats reports whether a run may meet a document twice and needs a seen set.
func (p *plan) repeats() bool { return p.any != nil || (p.index != nil && p.index.isMultikey()) }

// read visits the keys of the spans and cuts off what it has visited.
func (p *plan) read(b *bolt.Bucket, visit func(k, v []byte) error) error {
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
			if err := visit(k, v); err != nil {
				p.cutOff(s, k)
				return err
			}
		}
		p.spans = slices.Delete(p.spans, n, n+1)
	}
	return nil
}

// first finds where a span starts, in the direction of the plan.
func (p *plan) first(c *bolt.Cursor, s *span) (k, v []byte) {
	if !p.reverse {
		k, v = c.Seek(s.from)
		return s.within(k, v)
	}
	if k, _ = c.Seek(s.to); k == nil {
		k, v = c.Last()
		return s.within(k, v)
	}
	return p.next(c, s)
}

func (p *plan) next(c *bolt.Cursor, s *span) (k, v []byte) {
	if p.reverse {
		k, v = c.Prev()
	} else {
		k, v = c.Next()
	}
	return s.within(k, v)
}

// within ends a span at its bounds.
func (s *span) within(k, v []byte) ([]byte, []byte) {
	if k == nil || bytes.Compare(k, s.from) < 0 || bytes.Compare(k, s.to) >= 0 {
		return nil, nil
	}
	return k, v
}

// cutOff removes what has been visited up to k, whose document was not taken.
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
func (p *plan) readMerged(b *bolt.Bucket, visit func(k, v []byte) error) error {
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
	var err error
	for len(heads) > 0 && err == nil {
		h := slices.MinFunc(heads, order)
		if err = visit(h.k, h.v); err != nil {
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
	return err
}
