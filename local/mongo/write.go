package mongo

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// writer changes the documents of one collection in a transaction.
type writer struct {
	t       *txn
	c       *collection
	docs    *bolt.Bucket
	indexes []*bolt.Bucket // as c.indexes; the first is docs
}

func (t *txn) writer(c *collection) *writer {
	w := &writer{t: t, c: c, docs: t.Bucket(c.docsName())}
	w.indexes = append(w.indexes, w.docs)
	for _, i := range c.indexes[1:] {
		w.indexes = append(w.indexes, t.Bucket(c.indexName(i)))
	}
	return w
}

// change is what a write does to one index.
type change struct {
	remove, add [][]byte
}

// put inserts a document, or replaces old, which has the same _id. It checks
// everything first: an error leaves the collection as it was.
func (w *writer) put(docKey []byte, old, doc document) error {
	if len(doc) > maxDocument {
		return errorf(codeObjectTooLarge, "object to insert too large. size in bytes: %d, max size: %d", len(doc), maxDocument)
	}
	if old == nil && w.docs.Get(docKey) != nil {
		return w.duplicate(idIndex, doc)
	}
	changes, err := w.plan(docKey, old, doc)
	if err != nil {
		return err
	}
	if err := w.apply(docKey, changes); err != nil {
		return err
	}
	if old == nil {
		if err := w.docs.SetSequence(w.docs.Sequence() + 1); err != nil { // counts the documents
			return err
		}
	}
	return w.docs.Put(docKey, doc)
}

// plan finds out what to change in each index, and refuses duplicates.
func (w *writer) plan(docKey []byte, old, doc document) ([]change, error) {
	changes := make([]change, len(w.c.indexes))
	arrays := make([][]bool, len(w.c.indexes))
	for n, i := range w.c.indexes[1:] {
		keys, multikey, err := i.entries(doc)
		if err != nil {
			return nil, err
		}
		var before [][]byte
		if old != nil {
			if before, _, err = i.entries(old); err != nil {
				return nil, err
			}
		}
		add := without(keys, before)
		if i.unique {
			for _, key := range add {
				if holder(w.indexes[n+1], key, docKey) != nil {
					return nil, w.duplicate(i, doc)
				}
			}
		}
		changes[n+1] = change{remove: without(before, keys), add: add}
		arrays[n+1] = multikey
	}
	return changes, w.noteArrays(arrays)
}

// without returns the keys that are not among others.
func without(keys, others [][]byte) [][]byte {
	return slices.DeleteFunc(slices.Clone(keys), func(key []byte) bool {
		return slices.ContainsFunc(others, func(o []byte) bool { return bytes.Equal(o, key) })
	})
}

// noteArrays marks indexes that get their first array on a path.
func (w *writer) noteArrays(arrays [][]bool) error {
	var indexes []*index
	for n, multikey := range arrays {
		for f, is := range multikey {
			if is && !w.c.indexes[n].multikey[f] {
				if indexes == nil {
					indexes = slices.Clone(w.c.indexes)
				}
				if indexes[n] == w.c.indexes[n] {
					changed := *indexes[n]
					changed.multikey = slices.Clone(changed.multikey)
					indexes[n] = &changed
				}
				indexes[n].multikey[f] = true
			}
		}
	}
	if indexes == nil {
		return nil
	}
	w.c = w.c.with(indexes)
	return w.t.put(w.c)
}

func (w *writer) apply(docKey []byte, changes []change) error {
	for n, c := range changes {
		for _, prefix := range c.remove {
			key, _ := entry(prefix, docKey)
			if err := w.indexes[n].Delete(key); err != nil {
				return err
			}
		}
		for _, prefix := range c.add {
			key, length := entry(prefix, docKey)
			if err := w.indexes[n].Put(key, length); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes a document.
func (w *writer) remove(docKey []byte, doc document) error {
	for n, i := range w.c.indexes[1:] {
		keys, _, err := i.entries(doc)
		if err != nil {
			return err
		}
		if err := w.apply(docKey, slices.Concat(make([]change, n+1), []change{{remove: keys}})); err != nil {
			return err
		}
	}
	if err := w.docs.SetSequence(w.docs.Sequence() - 1); err != nil {
		return err
	}
	return w.docs.Delete(docKey)
}

// duplicate is the error for a document whose entry another one holds.
func (w *writer) duplicate(i *index, doc document) error {
	keyValue := build(func(dst []byte) []byte {
		for _, f := range i.fields {
			v := value{}
			var found []value
			if _, err := collect(field(doc, f.parts[0]), f.parts[1:], &found); err == nil && len(found) > 0 {
				v = found[0]
			}
			dst = bsoncore.AppendValueElement(dst, f.path, orNull(v))
		}
		return dst
	})
	e := errorf(codeDuplicateKey, "E11000 duplicate key error collection: %s index: %s dup key: %s", w.c.ns, i.name, keyValue)
	e.extra = bson.D{{Key: "keyPattern", Value: bson.Raw(i.pattern())}, {Key: "keyValue", Value: bson.Raw(keyValue)}}
	return e
}

// documentKey is the key under which a document is kept.
func documentKey(id value) ([]byte, error) {
	switch id.Type {
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		return nil, errorf(codeInvalidIDField, "The '_id' value cannot be of type %s", id.Type)
	}
	key := appendKey(nil, id)
	if len(key) > maxIndexKey/2 {
		return nil, errorf(codeKeyTooLarge, "The '_id' value is too large to be a key: %d bytes", len(key))
	}
	return key, nil
}

// withID returns a document that starts with its _id, and makes one if there is none.
func withID(doc document) (document, value, error) {
	id := field(doc, "_id")
	if missing(id) {
		id = toValue(newObjectID())
	}
	for key, v := range fields(doc) {
		if string(key) == "_id" && v.Type == id.Type {
			return doc, id, checkNames(doc)
		}
		break
	}
	moved := build(func(dst []byte) []byte {
		dst = bsoncore.AppendValueElement(dst, "_id", id)
		for key, v := range fields(doc) {
			if string(key) != "_id" {
				dst = bsoncore.AppendValueElement(dst, string(key), v)
			}
		}
		return dst
	})
	return moved, id, checkNames(moved)
}

// checkNames refuses what MongoDB doesn't store at the top of a document.
func checkNames(doc document) error {
	id := field(doc, "_id")
	if isDocument(id) {
		for key := range fields(id.Data) {
			if len(key) > 0 && key[0] == '$' {
				return errorf(codeDollarPrefixed, "_id fields may not contain '$'-prefixed fields: %s is not valid for storage", key)
			}
		}
	}
	return nil
}
