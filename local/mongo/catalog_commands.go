package mongo

import (
	"errors"
	"slices"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) create(r *request) (document, error) {
	ns, err := r.namespace()
	if err != nil {
		return nil, err
	}
	err = r.each(func(name string, v value) error {
		switch name {
		case "capped", "autoIndexId", "timeseries", "expireAfterSeconds", "clusteredIndex", "viewOn", "pipeline", "validator",
			"validationLevel", "validationAction", "changeStreamPreAndPostImages", "encryptedFields", "size", "max", "storageEngine", "indexOptionDefaults":
			if unsupported(name, v) != nil {
				return errorf(codeInvalidOptions, "collection option '%s' is not supported", name)
			}
			return nil
		case "collation":
			return simpleCollation(v)
		}
		return errUnknown
	})
	if err != nil {
		return nil, err
	}
	err = s.store.update(func(t *txn) error {
		if t.cat.collections[ns] != nil {
			return errorf(codeNamespaceExists, "Collection %s already exists.", ns)
		}
		_, err := t.create(ns)
		return err
	})
	return ok(), err
}

func (s *Server) drop(r *request) (document, error) {
	ns, err := r.namespace()
	if err == nil {
		err = r.none()
	}
	if err != nil {
		return nil, err
	}
	reply := []bson.E{{Key: "ns", Value: ns}}
	err = s.store.update(func(t *txn) error {
		c := t.cat.collections[ns]
		if c == nil {
			reply = nil // as MongoDB from 7.0 on, it's no error
			return nil
		}
		reply = append(reply, bson.E{Key: "nIndexesWas", Value: int32(len(c.indexes))})
		return t.drop(c)
	})
	return ok(reply...), err
}

func (s *Server) dropDatabase(r *request) (document, error) {
	if err := r.none(); err != nil {
		return nil, err
	}
	err := s.store.update(func(t *txn) error {
		for _, c := range t.cat.in(r.db) {
			if err := t.drop(c); err != nil {
				return err
			}
		}
		return nil
	})
	return ok(bson.E{Key: "dropped", Value: r.db}), err
}

func (s *Server) createIndexes(r *request) (document, error) {
	ns, err := r.namespace()
	if err != nil {
		return nil, err
	}
	err = r.none("indexes", "commitQuorum", "ignoreUnknownIndexOptions")
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
		reply, err = t.createIndexes(ns, wanted)
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
	ns, err := r.namespace()
	if err != nil {
		return nil, err
	}
	var which value
	err = r.each(func(name string, v value) error {
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
		c := t.cat.collections[ns]
		if c == nil {
			return errorf(codeNamespaceNotFound, "ns not found %s", ns)
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

// batchOf reads the cursor argument of commands that list something.
func batchOf(v value) (int64, error) {
	doc, err := asDocument("cursor", v)
	if err != nil {
		return 0, err
	}
	size := int64(firstBatch)
	return size, eachArgument("cursor", argumentsOf(doc), func(name string, v value) (err error) {
		if name != "batchSize" {
			return errUnknown
		}
		size, err = asNatural(name, v)
		return err
	})
}

func (s *Server) listIndexes(r *request) (document, error) {
	ns, err := r.namespace()
	if err != nil {
		return nil, err
	}
	size := int64(firstBatch)
	err = r.each(func(name string, v value) (err error) {
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
		c := t.cat.collections[ns]
		if c == nil {
			return errorf(codeNamespaceNotFound, "ns does not exist: %s", ns)
		}
		for _, i := range c.indexes {
			docs = append(docs, i.spec)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.cursorOver(r, ns, docs, size)
}

func (s *Server) listCollections(r *request) (document, error) {
	var f filter = and{}
	nameOnly, size := false, int64(firstBatch)
	err := r.each(func(name string, v value) (err error) {
		switch name {
		case "filter":
			f, err = filterArgument(name, v)
		case "nameOnly":
			nameOnly, err = asBool(name, v)
		case "authorizedCollections":
			_, err = asBool(name, v)
		case "cursor":
			size, err = batchOf(v)
		default:
			err = errUnknown
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var docs []document
	err = s.store.view(func(t *txn) error {
		for _, c := range t.cat.in(r.db) {
			doc := bson.D{{Key: "name", Value: c.name}, {Key: "type", Value: "collection"}}
			if !nameOnly {
				doc = append(doc, bson.E{Key: "options", Value: bson.D{}},
					bson.E{Key: "info", Value: bson.D{{Key: "readOnly", Value: false}, {Key: "uuid", Value: c.id}}},
					bson.E{Key: "idIndex", Value: bson.Raw(idIndex.spec)})
			}
			if data := marshal(doc); f.match(data) {
				docs = append(docs, data)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.cursorOver(r, r.db+".$cmd.listCollections", docs, size)
}

func (s *Server) listDatabases(r *request) (document, error) {
	var f filter = and{}
	nameOnly := false
	err := r.each(func(name string, v value) (err error) {
		switch name {
		case "filter":
			f, err = filterArgument(name, v)
		case "nameOnly":
			nameOnly, err = asBool(name, v)
		case "authorizedDatabases":
			_, err = asBool(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	list, total := bson.A{}, int64(0)
	err = s.store.view(func(t *txn) error {
		for _, db := range t.cat.databases() {
			doc := bson.D{{Key: "name", Value: db}}
			if !nameOnly {
				size := t.sizeOf(t.cat.in(db)).storage
				total += size
				doc = append(doc, bson.E{Key: "sizeOnDisk", Value: size}, bson.E{Key: "empty", Value: false})
			}
			if f.match(marshal(doc)) {
				list = append(list, doc)
			}
		}
		return nil
	})
	reply := []bson.E{{Key: "databases", Value: list}}
	if !nameOnly {
		reply = append(reply, bson.E{Key: "totalSize", Value: total}, bson.E{Key: "totalSizeMb", Value: total >> 20})
	}
	return ok(reply...), err
}

// sizes are what collections hold and take.
type sizes struct {
	documents, data, storage, indexes, indexStorage int64
}

func (t *txn) sizeOf(collections []*collection) (s sizes) {
	for _, c := range collections {
		docs := t.Bucket(c.docsName())
		stats := docs.Stats()
		s.documents += int64(docs.Sequence())
		s.data += int64(stats.LeafInuse)
		s.storage += int64(stats.BranchAlloc + stats.LeafAlloc)
		for _, i := range c.indexes[1:] {
			stats := t.Bucket(c.indexName(i)).Stats()
			s.indexStorage += int64(stats.BranchAlloc + stats.LeafAlloc)
		}
		s.indexes += int64(len(c.indexes))
	}
	return s
}

func (s *Server) collStats(r *request) (document, error) {
	ns, err := r.namespace()
	if err == nil {
		err = r.none("scale")
	}
	if err != nil {
		return nil, err
	}
	var size sizes
	err = s.store.view(func(t *txn) error {
		if c := t.cat.collections[ns]; c != nil {
			size = t.sizeOf([]*collection{c})
		}
		return nil
	})
	return ok(bson.E{Key: "ns", Value: ns}, bson.E{Key: "count", Value: size.documents}, bson.E{Key: "size", Value: size.data},
		bson.E{Key: "avgObjSize", Value: size.data / max(size.documents, 1)}, bson.E{Key: "storageSize", Value: size.storage},
		bson.E{Key: "nindexes", Value: size.indexes}, bson.E{Key: "totalIndexSize", Value: size.indexStorage},
		bson.E{Key: "capped", Value: false}), err
}

func (s *Server) dbStats(r *request) (document, error) {
	if err := r.none("scale", "freeStorage"); err != nil {
		return nil, err
	}
	var size sizes
	collections := 0
	err := s.store.view(func(t *txn) error {
		all := t.cat.in(r.db)
		size, collections = t.sizeOf(all), len(all)
		return nil
	})
	return ok(bson.E{Key: "db", Value: r.db}, bson.E{Key: "collections", Value: int64(collections)}, bson.E{Key: "views", Value: int64(0)},
		bson.E{Key: "objects", Value: size.documents}, bson.E{Key: "dataSize", Value: size.data},
		bson.E{Key: "avgObjSize", Value: float64(size.data / max(size.documents, 1))},
		bson.E{Key: "storageSize", Value: size.storage}, bson.E{Key: "indexes", Value: size.indexes},
		bson.E{Key: "indexSize", Value: size.indexStorage}, bson.E{Key: "totalSize", Value: size.storage + size.indexStorage}), err
}
