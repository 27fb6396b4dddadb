package mongo

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// writer changes the documents of one collection in a transaction.
type writer struct {
	t       *txn
	c       *collection
	docs    *bolt.Bucket
	changes []change
}

// change is what a write does to one index.
type change struct {
	entries     *bolt.Bucket
	remove, add [][]byte
}

func (t *txn) writer(c *collection) *writer { return &writer{t: t, c: c, docs: t.Bucket(c.docsName())} }

// put inserts a document, or replaces old, which has the same _id. It checks everything first: an error leaves the
// collection as it was.
func (w *writer) put(docKey []byte, old, doc document) {
	if len(doc) > maxDocument {
		refuse(codeObjectTooLarge, "object to insert too large. size in bytes: %d, max size: %d", len(doc), maxDocument)
	}
	if old == nil && w.docs.Get(docKey) != nil {
		w.refuseDuplicate(idIndex, doc)
	}
	w.plan(docKey, old, doc)
	w.apply(docKey)
	if old == nil {
		must(w.docs.SetSequence(w.docs.Sequence() + 1)) // counts the documents
	}
	must(w.docs.Put(docKey, doc))
}

// remove deletes a document.
func (w *writer) remove(docKey []byte, doc document) {
	w.plan(docKey, doc, nil)
	w.apply(docKey)
	must(w.docs.SetSequence(w.docs.Sequence() - 1))
	must(w.docs.Delete(docKey))
}

// plan finds out what to change in each index, and refuses duplicates. A nil document has no entries.
func (w *writer) plan(docKey []byte, old, doc document) {
	w.changes = w.changes[:0]
	arrays := make([][]bool, len(w.c.indexes))
	for n, i := range w.c.indexes[1:] {
		if i.unaffected(old, doc) {
			continue
		}
		c := change{entries: w.t.Bucket(w.c.indexName(i))}
		var before, after [][]byte
		if old != nil {
			before, _ = i.entries(old)
		}
		if doc != nil {
			after, arrays[n+1] = i.entries(doc)
		}
		c.remove, c.add = without(before, after), without(after, before)
		for _, key := range c.add {
			if i.unique && taken(c.entries, key, docKey) {
				w.refuseDuplicate(i, doc)
			}
		}
		w.changes = append(w.changes, c)
	}
	w.noteArrays(arrays)
}

// unaffected reports whether two states of a document have the same entries, which saves making them.
func (i *index) unaffected(old, doc document) bool {
	return old != nil && doc != nil && !slices.ContainsFunc(i.fields, func(f indexField) bool {
		a, b := field(old, f.parts[0]), field(doc, f.parts[0])
		return a.Type != b.Type || !bytes.Equal(a.Data, b.Data)
	})
}

// without returns the keys that are not among others. Both are sorted.
func without(keys, others [][]byte) (rest [][]byte) {
	for _, key := range keys {
		if _, found := slices.BinarySearchFunc(others, key, bytes.Compare); !found {
			rest = append(rest, key)
		}
	}
	return rest
}

// noteArrays marks indexes that get their first array on a path.
func (w *writer) noteArrays(arrays [][]bool) {
	indexes := w.c.indexes
	for n, i := range w.c.indexes {
		for f, is := range arrays[n] {
			if is && !indexes[n].multikey[f] {
				changed := *indexes[n]
				changed.multikey = slices.Clone(changed.multikey)
				changed.multikey[f] = true
				if indexes[n] == i {
					indexes = slices.Clone(indexes)
				}
				indexes[n] = &changed
			}
		}
	}
	if &indexes[0] != &w.c.indexes[0] {
		w.c = w.c.with(indexes)
		w.t.put(w.c)
	}
}

func (w *writer) apply(docKey []byte) {
	for _, c := range w.changes {
		for _, prefix := range c.remove {
			key, _ := entry(prefix, docKey)
			must(c.entries.Delete(key))
		}
		for _, prefix := range c.add {
			must(c.entries.Put(entry(prefix, docKey)))
		}
	}
}

// refuseDuplicate refuses a document whose entry another one holds.
func (w *writer) refuseDuplicate(i *index, doc document) {
	keyValue := build(func(dst []byte) []byte {
		for _, f := range i.fields {
			dst = bsoncore.AppendValueElement(dst, f.path, orNull(collect(doc, f.parts).found[0]))
		}
		return dst
	})
	e := errorf(codeDuplicateKey, "E11000 duplicate key error collection: %s index: %s dup key: %s", w.c.ns, i.name, keyValue)
	e.extra = bson.D{{Key: "keyPattern", Value: bson.Raw(i.pattern())}, {Key: "keyValue", Value: bson.Raw(keyValue)}}
	panic(e)
}

// documentKey is the key under which a document is kept.
func documentKey(id value) []byte {
	switch id.Type {
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		refuse(codeInvalidIDField, "The '_id' value cannot be of type %s", id.Type)
	}
	key := appendKey(nil, id)
	if len(key) > maxIndexKey/2 {
		refuse(codeKeyTooLarge, "The '_id' value is too large to be a key: %d bytes", len(key))
	}
	return key
}

// withID returns a document that starts with its _id, and gives it one if it has none.
func withID(doc document) (document, value) {
	id := field(doc, "_id")
	if missing(id) {
		id = toValue(primitive.NewObjectID())
	}
	for key := range fields(inner(id)) {
		if len(key) > 0 && key[0] == '$' {
			refuse(codeDollarPrefixed, "_id fields may not contain '$'-prefixed fields: %s is not valid for storage", key)
		}
	}
	if bytes.HasPrefix(doc[5:], []byte("_id\x00")) {
		return doc, id
	}
	return build(func(dst []byte) []byte {
		dst = bsoncore.AppendValueElement(dst, "_id", id)
		for key, v := range fields(doc) {
			if string(key) != "_id" {
				dst = bsoncore.AppendValueElement(dst, string(key), v)
			}
		}
		return dst
	}), id
}
