package mongo

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// catalog lists collections and indexes. It never changes; a change makes another with the next version.
type catalog struct {
	version     uint64
	collections map[string]*collection // by database.name
}

// collection is a collection and its indexes, _id first.
type collection struct {
	ns, db, name string
	id           primitive.Binary // a UUID, which also names its buckets
	indexes      []*index
}

// stored is how the catalog keeps a collection.
type stored struct {
	ID      primitive.Binary `bson:"id"`
	Indexes []storedIndex    `bson:"indexes"`
}

type storedIndex struct {
	Spec     bson.Raw `bson:"spec"`
	Multikey []bool   `bson:"multikey"`
}

func readCatalog(tx *bolt.Tx, version uint64) *catalog {
	c := &catalog{version: version, collections: map[string]*collection{}}
	must(tx.Bucket(catalogBucket).ForEach(func(key, data []byte) error {
		if string(key) == string(versionKey) {
			return nil
		}
		var s stored
		must(bson.Unmarshal(slices.Clone(data), &s))
		coll := newCollection(string(key), s.ID)
		for _, i := range s.Indexes {
			ix := parseIndex(document(i.Spec))
			copy(ix.multikey, i.Multikey)
			coll.indexes = append(coll.indexes, ix)
		}
		c.collections[coll.ns] = coll
		return nil
	}))
	return c
}

func newCollection(ns string, id primitive.Binary) *collection {
	db, name, _ := strings.Cut(ns, ".")
	return &collection{ns: ns, db: db, name: name, id: id, indexes: []*index{idIndex}}
}

// put writes a collection into the catalog.
func (t *txn) put(c *collection) {
	s := stored{ID: c.id}
	for _, i := range c.indexes[1:] {
		s.Indexes = append(s.Indexes, storedIndex{Spec: bson.Raw(i.spec), Multikey: i.multikey})
	}
	must(t.Bucket(catalogBucket).Put([]byte(c.ns), marshal(s)))
	t.replaceCatalog(func(all map[string]*collection) { all[c.ns] = c })
}

func (t *txn) replaceCatalog(change func(map[string]*collection)) {
	next := &catalog{version: t.cat.version + 1, collections: maps.Clone(t.cat.collections)}
	change(next.collections)
	t.cat = next
	must(t.Bucket(catalogBucket).Put(versionKey, binary.BigEndian.AppendUint64(nil, next.version)))
}

// existing returns a collection that has to be there.
func (t *txn) existing(ns string) *collection {
	c := t.cat.collections[ns]
	if c == nil {
		refuse(codeNamespaceNotFound, "ns does not exist: %s", ns)
	}
	return c
}

// ensure returns a collection, and creates it if it's missing.
func (t *txn) ensure(ns string) *collection {
	c := t.cat.collections[ns]
	if c == nil {
		checkNamespace(ns)
		c = newCollection(ns, newUUID())
		_, err := t.CreateBucket(c.docsName())
		must(err)
		t.put(c)
	}
	return c
}

// drop removes a collection and its indexes.
func (t *txn) drop(c *collection) {
	for _, i := range c.indexes { // the first is the documents' bucket
		must(t.DeleteBucket(c.indexName(i)))
	}
	must(t.Bucket(catalogBucket).Delete([]byte(c.ns)))
	t.replaceCatalog(func(all map[string]*collection) { delete(all, c.ns) })
}

func (c *collection) docsName() []byte { return append([]byte("d"), c.id.Data...) }

func (c *collection) indexName(i *index) []byte {
	if i == idIndex {
		return c.docsName()
	}
	return append(append([]byte("i"), c.id.Data...), i.name...)
}

// with returns the collection with other indexes.
func (c *collection) with(indexes []*index) *collection {
	other := *c
	other.indexes = indexes
	return &other
}

// in lists the collections of a database by name.
func (c *catalog) in(db string) []*collection {
	var all []*collection
	for _, coll := range c.collections {
		if coll.db == db {
			all = append(all, coll)
		}
	}
	slices.SortFunc(all, func(a, b *collection) int { return strings.Compare(a.name, b.name) })
	return all
}

// databases lists the databases that hold a collection.
func (c *catalog) databases() []string {
	names := map[string]bool{}
	for _, coll := range c.collections {
		names[coll.db] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func checkNamespace(ns string) {
	db, name, _ := strings.Cut(ns, ".")
	switch {
	case db == "" || len(db) > 63 || strings.ContainsAny(db, "/\\ \"$\x00"):
		refuse(codeInvalidNamespace, "Invalid database name: '%s'", db)
	case name == "" || len(ns) > 255 || strings.ContainsAny(name, "$\x00") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "system."):
		refuse(codeInvalidNamespace, "Invalid namespace specified '%s'", ns)
	}
}
