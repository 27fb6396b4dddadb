package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// firstBatch is how many documents an answer has if the client doesn't say.
const firstBatch = 101

// search is a find command.
type search struct {
	query
	project   *projection
	batchSize int64
	single    bool
}

func parseFind(r *request) *search {
	f := &search{query: query{filter: and{}}, batchSize: firstBatch}
	tailable := false
	params{"filter": filterInto(&f.filter), "sort": sortInto(&f.sort), "projection": projectionInto(&f.project), "skip": naturalInto(&f.skip),
		"limit": naturalInto(&f.limit), "batchSize": naturalInto(&f.batchSize), "singleBatch": boolInto(&f.single), "hint": valueInto(&f.hint),
		"tailable": boolInto(&tailable), "collation": simpleCollation,
	}.and(all(unsupported, "let", "max", "min", "returnKey", "showRecordId")).
		and(all(flag, "noCursorTimeout", "allowPartialResults", "allowDiskUse", "awaitData", "oplogReplay")).read(r.name, r.args)
	if tailable {
		refuse(codeBadValue, "error processing query: tailable cursor requested on non capped collection")
	}
	return f
}

func (s *Server) find(r *request) document { return s.open(r, r.ns, parseFind(r)) }

// open answers with the first documents of a query.
func (s *Server) open(r *request, ns string, f *search) (reply document) {
	s.store.view(func(t *txn) {
		c := f.cursor(s, r, t, ns)
		reply = s.batch(r, t, c, "firstBatch", f.batchSize)
		if f.single && c.id != 0 {
			s.cursors.remove(c.id)
			clear(field(field(reply, "cursor").Data, "id").Data)
		}
	})
	return reply
}

func (f *search) cursor(s *Server, r *request, t *txn, ns string) *cursor {
	return &cursor{reading: s.read(r, t, ns, f.query), ns: ns, session: r.session, project: f.project, skip: f.skip, limit: f.limit, capped: f.limit > 0}
}

func (s *Server) count(r *request) document {
	q := parseCount(r)
	n := int64(0)
	s.store.view(func(t *txn) {
		coll := t.cat.collections[r.ns]
		if all, ok := q.filter.(and); ok && len(all) == 0 && coll != nil {
			n = int64(t.Bucket(coll.docsName()).Sequence())
			return
		}
		x := s.read(r, t, r.ns, query{filter: q.filter, hint: q.hint})
		x.each(s, r, t, func([]byte, document) bool { n++; return q.limit == 0 || n-q.skip < q.limit })
	})
	n = max(n-q.skip, 0)
	if q.limit > 0 {
		n = min(n, q.limit)
	}
	return build(func(dst []byte) []byte { return appendOK(bsoncore.AppendInt32Element(dst, "n", int32(n))) })
}

func parseCount(r *request) query {
	q := query{filter: and{}}
	params{"query": filterInto(&q.filter), "skip": naturalInto(&q.skip), "hint": valueInto(&q.hint), "collation": simpleCollation,
		"fields": ignore, // of older clients
		"limit": func(_ string, v value) {
			n, ok := asInt(v)
			if !ok {
				refuse(codeBadValue, "limit must be a whole number")
			}
			q.limit = max(n, -n)
		},
	}.read(r.name, r.args)
	return q
}

func (s *Server) distinct(r *request) document {
	key, q := parseDistinct(r)
	var found []value
	known := map[string]bool{}
	s.store.view(func(t *txn) {
		x := s.read(r, t, r.ns, q)
		x.each(s, r, t, func(_ []byte, doc document) bool {
			return walk(doc, split(key), func(v value, element bool) bool {
				k := string(appendKey(nil, orNull(v)))
				if !missing(v) && !known[k] && (element || v.Type != bson.TypeArray) {
					known[k] = true
					found = append(found, value{Type: v.Type, Data: slices.Clone(v.Data)})
				}
				return true
			})
		})
	})
	slices.SortFunc(found, compare)
	return build(func(dst []byte) []byte { return appendOK(bsoncore.AppendValueElement(dst, "values", array(found))) })
}

func parseDistinct(r *request) (key string, q query) {
	q.filter = and{}
	params{"key": textInto(&key), "hint": valueInto(&q.hint), "collation": simpleCollation,
		"query": func(name string, v value) {
			if v.Type != bson.TypeNull {
				q.filter = parseFilter(asDocument(name, v))
			}
		},
	}.read(r.name, r.args)
	if key == "" {
		refuse(codeMissingField, "BSON field 'distinct.key' is missing but a required field")
	}
	return key, q
}
