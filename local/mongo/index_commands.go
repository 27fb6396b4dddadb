package mongo

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) createIndexes(r *request) document {
	all(ignore, "indexes", "commitQuorum", "ignoreUnknownIndexOptions").read(r.name, r.args)
	var wanted []*index
	for _, spec := range r.list("indexes") {
		wanted = append(wanted, parseIndex(slices.Clone(spec)))
	}
	if len(wanted) == 0 {
		refuse(codeBadValue, "Must specify at least one index to create")
	}
	var reply []bson.E
	s.store.update(func(t *txn) { reply = t.createIndexes(r.ns, wanted) })
	return ok(reply...)
}

func (t *txn) createIndexes(ns string, wanted []*index) []bson.E {
	existed := t.cat.collections[ns] != nil
	c := t.ensure(ns)
	indexes := slices.Clone(c.indexes)
	for _, i := range wanted {
		if !known(indexes, i) {
			indexes = append(indexes, i)
		}
	}
	before := len(c.indexes)
	reply := []bson.E{{Key: "numIndexesBefore", Value: int32(before)}, {Key: "numIndexesAfter", Value: int32(len(indexes))},
		{Key: "createdCollectionAutomatically", Value: !existed}}
	if len(indexes) == before {
		return append(reply, bson.E{Key: "note", Value: "all indexes already exist"})
	}
	for n, i := range indexes[before:] {
		if err := caught(func() { t.fill(c, i) }); err != nil {
			for _, made := range indexes[before : before+n+1] {
				must(t.DeleteBucket(c.indexName(made)))
			}
			panic(err)
		}
	}
	t.put(c.with(indexes))
	return reply
}

// known reports whether an index is there already, and refuses one that is like another in part.
func known(indexes []*index, wanted *index) bool {
	for _, i := range indexes {
		sameKey := equal(field(i.spec, "key"), field(wanted.spec, "key"))
		switch {
		case sameKey && (i == idIndex || i.name == wanted.name && i.unique == wanted.unique && i.sparse == wanted.sparse):
			return true
		case i.name == wanted.name:
			refuse(codeIndexKeySpecsConflict, "An existing index has the same name as the requested index: %s. Requested: %s, existing: %s", i.name, wanted.spec, i.spec)
		case sameKey:
			refuse(codeIndexOptionsConflict, "Index already exists with a different name: %s", i.name)
		}
	}
	return false
}

// fill makes a new index of the documents there are.
func (t *txn) fill(c *collection, i *index) {
	entries, err := t.CreateBucket(c.indexName(i))
	must(err)
	w := t.writer(c)
	must(w.docs.ForEach(func(docKey, doc []byte) error {
		keys, multikey := i.entries(doc)
		for n, is := range multikey {
			i.multikey[n] = i.multikey[n] || is
		}
		for _, prefix := range keys {
			if i.unique && taken(entries, prefix, docKey) {
				w.refuseDuplicate(i, doc)
			}
			must(entries.Put(entry(prefix, docKey)))
		}
		return nil
	}))
}

func (s *Server) dropIndexes(r *request) document {
	var which value
	params{"index": valueInto(&which)}.read(r.name, r.args)
	was := 0
	s.store.update(func(t *txn) {
		c := t.existing(r.ns)
		was = len(c.indexes)
		unwanted := c.named(which)
		for _, i := range unwanted {
			must(t.DeleteBucket(c.indexName(i)))
		}
		t.put(c.with(slices.DeleteFunc(slices.Clone(c.indexes), func(i *index) bool { return slices.Contains(unwanted, i) })))
	})
	return ok(bson.E{Key: "nIndexesWas", Value: int32(was)})
}

// named finds the indexes that dropIndexes means.
func (c *collection) named(which value) (found []*index) {
	list := []value{which}
	if which.Type == bson.TypeArray {
		list = values(which.Data)
	}
	for _, v := range list {
		name, isName := v.StringValueOK()
		if isName && name == "*" && which.Type == bson.TypeString {
			return c.indexes[1:]
		}
		n := slices.IndexFunc(c.indexes, func(i *index) bool {
			return (isName && i.name == name) || (isDocument(which) && equal(v, field(i.spec, "key")))
		})
		switch {
		case n < 0:
			refuse(codeIndexNotFound, "index not found with name [%s]", strings.Trim(v.String(), `"`))
		case n == 0:
			refuse(codeInvalidOptions, "cannot drop _id index")
		}
		found = append(found, c.indexes[n])
	}
	return found
}

func (s *Server) listIndexes(r *request) document {
	size := int64(firstBatch)
	params{"cursor": batchInto(&size)}.read(r.name, r.args)
	var docs []document
	s.store.view(func(t *txn) {
		for _, i := range t.existing(r.ns).indexes {
			docs = append(docs, i.spec)
		}
	})
	return s.cursorOver(r, r.ns, docs, size)
}
