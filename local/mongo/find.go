package mongo

import (
	"errors"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

const (
	// firstBatch is how many documents an answer has if the client doesn't say.
	firstBatch = 101
	// checkEvery is after how many documents a command looks at its deadline.
	checkEvery = 256
)

// search is a find command.
type search struct {
	query
	project   *projection
	batchSize int64
	single    bool
	tailable  bool
}

// errEnough and errFinished end a run: because an answer is full, or a query's limit is reached.
var (
	errEnough   = errors.New("enough")
	errFinished = errors.New("finished")
)

// parseFind reads the arguments of find.
func parseFind(name string, args []argument) (*search, error) {
	f := &search{batchSize: firstBatch}
	f.filter = and{}
	err := eachArgument(name, args, func(name string, v value) (err error) {
		switch name {
		case "filter":
			f.filter, err = filterArgument(name, v)
		case "sort":
			f.sort, err = parseSort(v)
		case "projection":
			f.project, err = parseProjection(v)
		case "skip":
			f.skip, err = asNatural(name, v)
		case "limit":
			f.limit, err = asNatural(name, v)
		case "batchSize":
			f.batchSize, err = asNatural(name, v)
		case "singleBatch":
			f.single, err = asBool(name, v)
		case "hint":
			f.hint = v
		case "tailable":
			f.tailable, err = asBool(name, v)
		case "collation":
			err = simpleCollation(v)
		case "let", "max", "min", "returnKey", "showRecordId":
			err = unsupported(name, v)
		case "noCursorTimeout", "allowPartialResults", "allowDiskUse", "awaitData", "oplogReplay":
			_, err = asBool(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	if err == nil && f.tailable {
		err = errorf(codeBadValue, "error processing query: tailable cursor requested on non capped collection")
	}
	return f, err
}

func filterArgument(name string, v value) (filter, error) {
	doc, err := asDocument(name, v)
	if err != nil {
		return nil, err
	}
	return parseFilter(doc)
}

// simpleCollation accepts the collation that compares bytes, and no other.
func simpleCollation(v value) error {
	if isDocument(v) {
		if locale, _ := field(v.Data, "locale").StringValueOK(); count(v.Data) == 0 || locale == "simple" {
			return nil
		}
	}
	return errorf(codeBadValue, "collation is not supported")
}

// unsupported refuses an option unless it asks for nothing.
func unsupported(name string, v value) error {
	if (isDocument(v) || v.Type == bson.TypeArray) && count(v.Data) == 0 {
		return nil
	}
	if v.Type == bson.TypeBoolean && !v.Boolean() {
		return nil
	}
	return errorf(codeBadValue, "option '%s' is not supported", name)
}

func (s *Server) find(r *request) (document, error) {
	f, err := parseFind(r.name, r.args)
	if err != nil {
		return nil, err
	}
	c := &cursor{ns: r.ns, session: r.session, project: f.project, skip: f.skip, limit: f.limit, capped: f.limit > 0}
	reply, err := s.open(r, c, f.query, f.batchSize)
	if err == nil && f.single {
		s.cursors.remove(c.id)
		reply = withoutCursor(reply)
	}
	return reply, err
}

// open answers with the first documents of a query.
func (s *Server) open(r *request, c *cursor, q query, size int64) (reply document, err error) {
	err = s.store.view(func(t *txn) error {
		if err := c.plan(s, r, t, q); err != nil {
			return err
		}
		reply, err = s.batch(r, t, c, "firstBatch", size)
		return err
	})
	return reply, err
}

// withoutCursor sets the cursor's id to zero: nothing more will come.
func withoutCursor(reply document) document {
	id := field(field(reply, "cursor").Data, "id")
	clear(id.Data)
	return reply
}

// plan chooses how to find the documents. A sort without an index reads all of them now.
func (c *cursor) plan(s *Server, r *request, t *txn, q query) error {
	coll := t.cat.collections[c.ns]
	if coll == nil {
		return nil
	}
	p, err := t.choose(coll, q)
	if err != nil {
		return err
	}
	if p.repeats() {
		c.seen = map[string]bool{}
	}
	s.noteScan(t, r, p, q)
	if c.source = p; p.sorted {
		return nil
	}
	items, err := s.sorted(r, t, p, q, &c.effort, c.seen)
	for _, item := range items {
		c.docs = append(c.docs, slices.Clone(item.doc))
	}
	c.source = nil
	return err
}

// sorted runs a plan to its end and sorts what it finds.
func (s *Server) sorted(r *request, t *txn, p *plan, q query, e *effort, seen map[string]bool) ([]sortItem, error) {
	keep := 0
	if q.limit > 0 && q.limit+q.skip < 1<<20 {
		keep = int(q.limit + q.skip)
	}
	all := &sorter{spec: q.sort, keep: keep}
	n := 0
	err := p.run(t, e, seen, func(key []byte, doc document) error {
		if n++; n%checkEvery == 0 {
			if err := r.expired(s.ctx); err != nil {
				return err
			}
		}
		return all.add(key, doc)
	})
	all.cut()
	return all.items, err
}

// batch answers with the next documents of a cursor, and keeps it if there are more.
func (s *Server) batch(r *request, t *txn, c *cursor, name string, size int64) (document, error) {
	outer, reply := bsoncore.AppendDocumentStart(r.conn.scratch[:0])
	inner, reply := bsoncore.AppendDocumentElementStart(reply, "cursor")
	start, reply := bsoncore.AppendArrayElementStart(reply, name)
	n := int64(0)
	more, err := c.next(s, r, t, func(doc document) (bool, error) {
		if n >= size || (n > 0 && len(reply)+len(doc) > maxDocument) {
			return false, nil
		}
		reply = append(reply, byte(bson.TypeEmbeddedDocument))
		reply = append(strconv.AppendInt(reply, n, 10), 0)
		reply = append(reply, doc...)
		n++
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if more {
		s.cursors.keep(c)
	} else {
		s.cursors.remove(c.id)
		c.id = 0
	}
	reply, _ = bsoncore.AppendArrayEnd(reply, start)
	reply = bsoncore.AppendInt64Element(reply, "id", c.id)
	reply = bsoncore.AppendStringElement(reply, "ns", c.ns)
	reply, _ = bsoncore.AppendDocumentEnd(reply, inner)
	reply = appendOK(reply)
	reply, _ = bsoncore.AppendDocumentEnd(reply, outer)
	if cap(reply) <= kept {
		r.conn.scratch = reply
	}
	return reply, nil
}

func (s *Server) count(r *request) (document, error) {
	q, err := parseCount(r.name, r.args)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	err = s.store.view(func(t *txn) error {
		coll := t.cat.collections[r.ns]
		if coll == nil {
			return nil
		}
		if all, ok := q.filter.(and); ok && len(all) == 0 {
			n = int64(t.Bucket(coll.docsName()).Sequence())
			return nil
		}
		return s.visit(r, t, coll, query{filter: q.filter, hint: q.hint}, &effort{}, func([]byte, document) error { n++; return nil })
	})
	n = max(n-q.skip, 0)
	if q.limit > 0 {
		n = min(n, q.limit)
	}
	return build(func(dst []byte) []byte { return appendOK(bsoncore.AppendInt32Element(dst, "n", int32(n))) }), err
}

func parseCount(command string, args []argument) (q query, err error) {
	q.filter = and{}
	return q, eachArgument(command, args, func(name string, v value) (err error) {
		switch name {
		case "query":
			q.filter, err = filterArgument(name, v)
		case "limit":
			var ok bool
			if q.limit, ok = asInt(v); !ok {
				err = errorf(codeBadValue, "limit must be a whole number")
			}
			q.limit = max(q.limit, -q.limit)
		case "skip":
			q.skip, err = asNatural(name, v)
		case "hint":
			q.hint = v
		case "collation":
			err = simpleCollation(v)
		case "fields": // of older clients
		default:
			err = errUnknown
		}
		return err
	})
}

// visit hands over every document that a query selects, in no order.
func (s *Server) visit(r *request, t *txn, c *collection, q query, e *effort, yield func(key []byte, doc document) error) error {
	p, err := t.choose(c, q)
	if err != nil {
		return err
	}
	s.noteScan(t, r, p, q)
	var seen map[string]bool
	if p.repeats() {
		seen = map[string]bool{}
	}
	n := 0
	return p.run(t, e, seen, func(key []byte, doc document) error {
		if n++; n%checkEvery == 0 {
			if err := r.expired(s.ctx); err != nil {
				return err
			}
		}
		return yield(key, doc)
	})
}

func (s *Server) distinct(r *request) (document, error) {
	key, q, err := parseDistinct(r.name, r.args)
	if err != nil {
		return nil, err
	}
	var found []value
	known := map[string]bool{}
	err = s.store.view(func(t *txn) error {
		coll := t.cat.collections[r.ns]
		if coll == nil {
			return nil
		}
		return s.visit(r, t, coll, q, &effort{}, func(_ []byte, doc document) error {
			walk(doc, split(key), func(v value, element bool) bool {
				k := string(appendKey(nil, orNull(v)))
				if missing(v) || known[k] || (!element && v.Type == bson.TypeArray) {
					return true
				}
				known[k] = true
				found = append(found, value{Type: v.Type, Data: slices.Clone(v.Data)})
				return true
			})
			return nil
		})
	})
	slices.SortFunc(found, compare)
	return build(func(dst []byte) []byte {
		dst = bsoncore.AppendValueElement(dst, "values", array(found))
		return appendOK(dst)
	}), err
}

func parseDistinct(command string, args []argument) (key string, q query, err error) {
	q.filter = and{}
	err = eachArgument(command, args, func(name string, v value) (err error) {
		switch name {
		case "key":
			key, _ = v.StringValueOK()
		case "query":
			if v.Type != bson.TypeNull {
				q.filter, err = filterArgument(name, v)
			}
		case "hint":
			q.hint = v
		case "collation":
			err = simpleCollation(v)
		default:
			err = errUnknown
		}
		return err
	})
	if err == nil && key == "" {
		err = errorf(codeMissingField, "BSON field 'distinct.key' is missing but a required field")
	}
	return key, q, err
}

// array encodes values as an array.
func array(items []value) value {
	doc := build(func(dst []byte) []byte {
		for n, v := range items {
			dst = bsoncore.AppendValueElement(dst, strconv.Itoa(n), v)
		}
		return dst
	})
	return value{Type: bson.TypeArray, Data: doc}
}
