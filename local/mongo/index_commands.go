package mongo

import (
	"errors"
	"slices"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) createIndexes(r *request) (document, error) {
	err := r.none("indexes", "commitQuorum", "ignoreUnknownIndexOptions")
	if err != nil {
		return nil, err
	}
	list, err := r.list("indexes")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errorf(codeBadValue, "Must specify at least one index to create")
	}
	var wanted []*index
	for _, spec := range list {
		i, err := parseIndex(slices.Clone(spec))
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, i)
	}
	var reply []bson.E
	err = s.store.update(func(t *txn) (err error) {
		reply, err = t.createIndexes(r.ns, wanted)
		return err
	})
	return ok(reply...), err
}

func (t *txn) createIndexes(ns string, wanted []*index) ([]bson.E, error) {
	existed := t.cat.collections[ns] != nil
	c, err := t.ensure(ns)
	if err != nil {
		return nil, err
	}
	indexes := slices.Clone(c.indexes)
	for _, i := range wanted {
		known, err := conflict(indexes, i)
		if err != nil {
			return nil, err
		}
		if !known {
			indexes = append(indexes, i)
		}
	}
	before := len(c.indexes)
	reply := []bson.E{{Key: "numIndexesBefore", Value: int32(before)}, {Key: "numIndexesAfter", Value: int32(len(indexes))},
		{Key: "createdCollectionAutomatically", Value: !existed}}
	if len(indexes) == before {
		return append(reply, bson.E{Key: "note", Value: "all indexes already exist"}), nil
	}
	if err := t.build(c, indexes[before:]); err != nil {
		for _, i := range indexes[before:] {
			if e := t.DeleteBucket(c.indexName(i)); e != nil && !errors.Is(e, berrors.ErrBucketNotFound) {
				return nil, e
			}
		}
		return nil, err
	}
	return reply, t.put(c.with(indexes))
}

// conflict reports whether an index is there already, and refuses one that is like
// another in part.
func conflict(indexes []*index, wanted *index) (known bool, err error) {
	for _, i := range indexes {
		sameKey := equal(field(i.spec, "key"), field(wanted.spec, "key"))
		sameOptions := i.unique == wanted.unique && i.sparse == wanted.sparse
		switch {
		case i == idIndex && sameKey:
			return true, nil
		case sameKey && i.name == wanted.name && sameOptions:
			return true, nil
		case sameKey && i.name == wanted.name:
			return false, errorf(codeIndexKeySpecsConflict, "An existing index has the same name as the requested index: %s. Requested: %s, existing: %s", i.name, wanted.spec, i.spec)
		case i.name == wanted.name:
			return false, errorf(codeIndexKeySpecsConflict, "An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Requested index: %s, existing index: %s", wanted.spec, i.spec)
		case sameKey:
			return false, errorf(codeIndexOptionsConflict, "Index already exists with a different name: %s", i.name)
		}
	}
	return false, nil
}

// build fills new indexes with the documents there are.
func (t *txn) build(c *collection, indexes []*index) error {
	w := &writer{t: t, c: c, docs: t.Bucket(c.docsName())}
	for _, i := range indexes {
		b, err := t.CreateBucket(c.indexName(i))
		if err != nil {
			return err
		}
		err = w.docs.ForEach(func(docKey, doc []byte) error {
			keys, multikey, err := i.entries(doc)
			if err != nil {
				return err
			}
			for n, is := range multikey {
				i.multikey[n] = i.multikey[n] || is
			}
			for _, prefix := range keys {
				if i.unique && holder(b, prefix, docKey) != nil {
					return w.duplicate(i, doc)
				}
				key, length := entry(prefix, docKey)
				if err := b.Put(key, length); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) dropIndexes(r *request) (document, error) {
	var which value
	err := r.each(func(name string, v value) error {
		if name != "index" {
			return errUnknown
		}
		which = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	was := 0
	err = s.store.update(func(t *txn) error {
		c := t.cat.collections[r.ns]
		if c == nil {
			return errorf(codeNamespaceNotFound, "ns not found %s", r.ns)
		}
		was = len(c.indexes)
		unwanted, err := c.named(which)
		if err != nil {
			return err
		}
		for _, i := range unwanted {
			if err := t.DeleteBucket(c.indexName(i)); err != nil {
				return err
			}
		}
		return t.put(c.with(slices.DeleteFunc(slices.Clone(c.indexes), func(i *index) bool { return slices.Contains(unwanted, i) })))
	})
	return ok(bson.E{Key: "nIndexesWas", Value: int32(was)}), err
}

// named finds the indexes that dropIndexes means.
func (c *collection) named(which value) ([]*index, error) {
	list := []value{which}
	if which.Type == bson.TypeArray {
		list = values(which.Data)
	}
	var found []*index
	for _, v := range list {
		name, isName := v.StringValueOK()
		if isName && name == "*" && which.Type == bson.TypeString {
			return c.indexes[1:], nil
		}
		n := slices.IndexFunc(c.indexes, func(i *index) bool {
			return (isName && i.name == name) || (isDocument(v) && which.Type != bson.TypeArray && equal(v, field(i.spec, "key")))
		})
		switch {
		case n < 0:
			return nil, errorf(codeIndexNotFound, "index not found with name [%s]", strings.Trim(v.String(), `"`))
		case n == 0:
			return nil, errorf(codeInvalidOptions, "cannot drop _id index")
		}
		found = append(found, c.indexes[n])
	}
	return found, nil
}

func (s *Server) listIndexes(r *request) (document, error) {
	size := int64(firstBatch)
	err := r.each(func(name string, v value) (err error) {
		if name != "cursor" {
			return errUnknown
		}
		size, err = batchOf(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	var docs []document
	err = s.store.view(func(t *txn) error {
		c := t.cat.collections[r.ns]
		if c == nil {
			return errorf(codeNamespaceNotFound, "ns does not exist: %s", r.ns)
		}
		for _, i := range c.indexes {
			docs = append(docs, i.spec)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.cursorOver(r, r.ns, docs, size)
}
