package mongo

import (
	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) create(r *request) document {
	params{"collation": simpleCollation}.and(all(func(name string, v value) {
		if !asksNothing(v) {
			refuse(codeInvalidOptions, "collection option '%s' is not supported", name)
		}
	}, "capped", "autoIndexId", "timeseries", "expireAfterSeconds", "clusteredIndex", "viewOn", "pipeline", "validator", "validationLevel",
		"validationAction", "changeStreamPreAndPostImages", "encryptedFields", "size", "max", "storageEngine", "indexOptionDefaults")).read(r.name, r.args)
	s.store.update(func(t *txn) {
		if t.cat.collections[r.ns] != nil {
			refuse(codeNamespaceExists, "Collection %s already exists.", r.ns)
		}
		t.ensure(r.ns)
	})
	return ok()
}

func (s *Server) drop(r *request) document {
	params{}.read(r.name, r.args)
	var reply []bson.E // no error if it's missing, like MongoDB from 7.0 on
	s.store.update(func(t *txn) {
		if c := t.cat.collections[r.ns]; c != nil {
			reply = []bson.E{{Key: "ns", Value: r.ns}, {Key: "nIndexesWas", Value: int32(len(c.indexes))}}
			t.drop(c)
		}
	})
	return ok(reply...)
}

func (s *Server) dropDatabase(r *request) document {
	params{}.read(r.name, r.args)
	s.store.update(func(t *txn) {
		for _, c := range t.cat.in(r.db) {
			t.drop(c)
		}
	})
	return ok(bson.E{Key: "dropped", Value: r.db})
}

// batchInto reads the cursor argument of commands that list something.
func batchInto(size *int64) func(string, value) {
	return func(name string, v value) {
		*size = firstBatch
		params{"batchSize": naturalInto(size)}.readDocument(name, asDocument(name, v))
	}
}

func (s *Server) listCollections(r *request) document {
	var f filter = and{}
	nameOnly, size := false, int64(firstBatch)
	params{"filter": filterInto(&f), "nameOnly": boolInto(&nameOnly), "authorizedCollections": flag, "cursor": batchInto(&size)}.read(r.name, r.args)
	var docs []document
	s.store.view(func(t *txn) {
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
	})
	return s.cursorOver(r, r.db+".$cmd.listCollections", docs, size)
}

func (s *Server) listDatabases(r *request) document {
	var f filter = and{}
	nameOnly := false
	params{"filter": filterInto(&f), "nameOnly": boolInto(&nameOnly), "authorizedDatabases": flag}.read(r.name, r.args)
	list, total := bson.A{}, int64(0)
	s.store.view(func(t *txn) {
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
	})
	reply := []bson.E{{Key: "databases", Value: list}}
	if !nameOnly {
		reply = append(reply, bson.E{Key: "totalSize", Value: total}, bson.E{Key: "totalSizeMb", Value: total >> 20})
	}
	return ok(reply...)
}

// sizes are what collections hold and take.
type sizes struct{ documents, data, storage, indexes, indexStorage int64 }

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

// stats answers collStats and dbStats.
func (s *Server) stats(r *request) document {
	all(ignore, "scale", "freeStorage").read(r.name, r.args)
	var size sizes
	var collections []*collection
	s.store.view(func(t *txn) {
		if r.name == "dbStats" {
			collections = t.cat.in(r.db)
		} else if c := t.cat.collections[r.namespace()]; c != nil {
			collections = []*collection{c}
		}
		size = t.sizeOf(collections)
	})
	average := size.data / max(size.documents, 1)
	if r.name == "dbStats" {
		return ok(bson.E{Key: "db", Value: r.db}, bson.E{Key: "collections", Value: len(collections)}, bson.E{Key: "views", Value: 0},
			bson.E{Key: "objects", Value: size.documents}, bson.E{Key: "dataSize", Value: size.data}, bson.E{Key: "avgObjSize", Value: float64(average)},
			bson.E{Key: "storageSize", Value: size.storage}, bson.E{Key: "indexes", Value: size.indexes},
			bson.E{Key: "indexSize", Value: size.indexStorage}, bson.E{Key: "totalSize", Value: size.storage + size.indexStorage})
	}
	return ok(bson.E{Key: "ns", Value: r.namespace()}, bson.E{Key: "count", Value: size.documents}, bson.E{Key: "size", Value: size.data},
		bson.E{Key: "avgObjSize", Value: average}, bson.E{Key: "storageSize", Value: size.storage}, bson.E{Key: "nindexes", Value: size.indexes},
		bson.E{Key: "totalIndexSize", Value: size.indexStorage}, bson.E{Key: "capped", Value: false})
}
