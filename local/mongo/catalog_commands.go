package mongo

import (
	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) create(r *request) (document, error) {
	err := r.each(func(name string, v value) error {
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
		if t.cat.collections[r.ns] != nil {
			return errorf(codeNamespaceExists, "Collection %s already exists.", r.ns)
		}
		_, err := t.create(r.ns)
		return err
	})
	return ok(), err
}

func (s *Server) drop(r *request) (document, error) {
	if err := r.none(); err != nil {
		return nil, err
	}
	reply := []bson.E{{Key: "ns", Value: r.ns}}
	err := s.store.update(func(t *txn) error {
		c := t.cat.collections[r.ns]
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
	if err := r.none("scale"); err != nil {
		return nil, err
	}
	var size sizes
	err := s.store.view(func(t *txn) error {
		if c := t.cat.collections[r.ns]; c != nil {
			size = t.sizeOf([]*collection{c})
		}
		return nil
	})
	return ok(bson.E{Key: "ns", Value: r.ns}, bson.E{Key: "count", Value: size.documents}, bson.E{Key: "size", Value: size.data},
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
