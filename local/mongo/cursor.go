package mongo

import (
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// cursorPatience is how long a cursor waits for the next getMore.
const cursorPatience = 10 * time.Minute

// cursor is what is left of an answer.
type cursor struct {
	reading
	id      int64
	ns      string
	session string
	used    time.Time
	project *projection
	skip    int64
	limit   int64
	capped  bool // limit counts
}

// next hands documents over until take returns false, which gives one back. more reports whether there may be others.
func (c *cursor) next(s *Server, r *request, t *txn, take func(document) bool) (more bool) {
	finished := false
	more = c.each(s, r, t, func(_ []byte, doc document) bool {
		if c.skip > 0 {
			c.skip--
			return true
		}
		if !take(c.project.apply(doc)) {
			return false
		}
		c.limit--
		finished = c.capped && c.limit == 0
		return !finished
	})
	return more && !finished
}

// batch answers with the next documents of a cursor, and keeps it if there are more.
func (s *Server) batch(r *request, t *txn, c *cursor, name string, size int64) document {
	outer, reply := bsoncore.AppendDocumentStart(r.conn.scratch[:0])
	inner, reply := bsoncore.AppendDocumentElementStart(reply, "cursor")
	start, reply := bsoncore.AppendArrayElementStart(reply, name)
	n := int64(0)
	more := c.next(s, r, t, func(doc document) bool {
		if n >= size || (n > 0 && len(reply)+len(doc) > maxDocument) {
			return false
		}
		reply = append(reply, byte(bson.TypeEmbeddedDocument))
		reply = append(strconv.AppendInt(reply, n, 10), 0)
		reply = append(reply, doc...)
		n++
		return true
	})
	if more {
		s.cursors.keep(c)
	} else {
		c.id = 0
	}
	reply, _ = bsoncore.AppendArrayEnd(reply, start)
	reply = bsoncore.AppendInt64Element(reply, "id", c.id)
	reply = bsoncore.AppendStringElement(reply, "ns", c.ns)
	reply, _ = bsoncore.AppendDocumentEnd(reply, inner)
	reply, _ = bsoncore.AppendDocumentEnd(appendOK(reply), outer)
	if cap(reply) <= kept {
		r.conn.scratch = reply
	}
	return reply
}

// cursorOver answers with documents that are already there.
func (s *Server) cursorOver(r *request, ns string, docs []document, size int64) document {
	c := &cursor{ns: strings.Clone(ns), session: r.session}
	for _, doc := range docs {
		c.items = append(c.items, sortItem{doc: doc})
	}
	return s.batch(r, nil, c, "firstBatch", size)
}

// cursors are those that clients can continue.
type cursors struct {
	mu   sync.Mutex
	byID map[int64]*cursor
}

// keep gives a cursor an id, unless it has one, and waits for its next use.
func (all *cursors) keep(c *cursor) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for c.id == 0 || (all.byID[c.id] != nil && all.byID[c.id] != c) {
		c.id = rand.Int64()
	}
	c.used = time.Now()
	all.byID[c.id] = c
}

// take removes a cursor while it's used, so that two commands can't continue it at once.
func (all *cursors) take(id int64, ns string) *cursor {
	all.mu.Lock()
	defer all.mu.Unlock()
	c := all.byID[id]
	if c == nil {
		refuse(codeCursorNotFound, "cursor id %d not found", id)
	}
	if c.ns != ns {
		refuse(codeUnauthorized, "Requested getMore on namespace '%s', but cursor belongs to a different namespace", ns)
	}
	delete(all.byID, id)
	return c
}

func (all *cursors) remove(id int64) bool {
	return all.removeIf(func(c *cursor) bool { return c.id == id })
}

func (all *cursors) removeIf(unwanted func(*cursor) bool) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	before := len(all.byID)
	maps.DeleteFunc(all.byID, func(_ int64, c *cursor) bool { return unwanted(c) })
	return len(all.byID) < before
}

func (all *cursors) len() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.byID)
}

func (s *Server) getMore(r *request) (reply document) {
	id, isInt := r.target.Int64OK()
	if !isInt {
		refuse(codeTypeMismatch, "BSON field 'getMore.getMore' is the wrong type '%s', expected type 'long'", r.target.Type)
	}
	var name string
	size := int64(0)
	params{"collection": textInto(&name), "batchSize": naturalInto(&size)}.read(r.name, r.args)
	if size == 0 {
		size = math.MaxInt64
	}
	c := s.cursors.take(id, r.db+"."+name)
	s.store.view(func(t *txn) { reply = s.batch(r, t, c, "nextBatch", size) })
	return reply
}

func (s *Server) killCursors(r *request) document {
	var list value
	params{"cursors": valueInto(&list)}.read(r.name, r.args)
	if list.Type != bson.TypeArray {
		refuse(codeMissingField, "BSON field 'killCursors.cursors' is missing but a required field")
	}
	killed, unknown := bson.A{}, bson.A{}
	for _, item := range values(list.Data) {
		if id, ok := asInt(item); ok && s.cursors.remove(id) {
			killed = append(killed, id)
		} else {
			unknown = append(unknown, id)
		}
	}
	return ok(bson.E{Key: "cursorsKilled", Value: killed}, bson.E{Key: "cursorsNotFound", Value: unknown},
		bson.E{Key: "cursorsAlive", Value: bson.A{}}, bson.E{Key: "cursorsUnknown", Value: bson.A{}})
}
