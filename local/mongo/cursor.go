package mongo

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// cursorPatience is how long a cursor waits for the next getMore.
const cursorPatience = 10 * time.Minute

// cursor is what is left of an answer. Between batches it holds no transaction: it
// goes on from the key it got to, in the state of the next one.
type cursor struct {
	id      int64
	ns      string
	session string
	used    time.Time

	source  *plan // where documents come from, or
	docs    []document
	seen    map[string]bool
	project *projection
	skip    int64
	limit   int64
	capped  bool // limit counts
	effort  effort
}

// next hands documents over until take returns false, which gives one back. more
// reports whether there may be others.
func (c *cursor) next(s *Server, r *request, t *txn, take func(document) (bool, error)) (more bool, err error) {
	n := 0
	emit := func(_ []byte, doc document) error {
		if n++; n%checkEvery == 0 {
			if err := r.expired(s.ctx); err != nil {
				return err
			}
		}
		if c.skip > 0 {
			c.skip--
			return nil
		}
		shown, err := c.project.apply(doc)
		if err != nil {
			return err
		}
		took, err := take(shown)
		if err != nil {
			return err
		}
		if !took {
			return errEnough
		}
		if c.limit--; c.capped && c.limit == 0 {
			return errFinished
		}
		return nil
	}
	if c.source != nil {
		err = c.source.run(t, &c.effort, c.seen, func(key []byte, doc document) error {
			err := emit(key, doc)
			if err == errEnough && c.seen != nil {
				delete(c.seen, string(key)) // it comes again
			}
			return err
		})
	}
	for err == nil && len(c.docs) > 0 {
		if err = emit(nil, c.docs[0]); err != errEnough {
			c.docs = c.docs[1:]
		}
	}
	switch err {
	case errEnough:
		return true, nil
	case errFinished:
		return false, nil
	}
	return false, err
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
	if all.byID == nil {
		all.byID = map[int64]*cursor{}
	}
	for c.id == 0 || (all.byID[c.id] != nil && all.byID[c.id] != c) {
		c.id = rand.Int64()
	}
	c.used = time.Now()
	all.byID[c.id] = c
}

// take removes a cursor for the time of its use, so that nobody else continues it.
func (all *cursors) take(id int64, ns string) (*cursor, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	c := all.byID[id]
	if c == nil {
		return nil, errorf(codeCursorNotFound, "cursor id %d not found", id)
	}
	if c.ns != ns {
		return nil, errorf(codeUnauthorized, "Requested getMore on namespace '%s', but cursor belongs to a different namespace", ns)
	}
	delete(all.byID, id)
	return c, nil
}

func (all *cursors) remove(id int64) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	_, found := all.byID[id]
	delete(all.byID, id)
	return found
}

func (all *cursors) removeIf(unwanted func(*cursor) bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for id, c := range all.byID {
		if unwanted(c) {
			delete(all.byID, id)
		}
	}
}

func (all *cursors) expire(now time.Time) {
	all.removeIf(func(c *cursor) bool { return now.Sub(c.used) > cursorPatience })
}

func (all *cursors) len() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.byID)
}

func (s *Server) getMore(r *request) (document, error) {
	id, isInt := r.target.Int64OK()
	if !isInt {
		return nil, errorf(codeTypeMismatch, "BSON field 'getMore.getMore' is the wrong type '%s', expected type 'long'", r.target.Type)
	}
	ns, size := "", int64(1<<31)
	err := r.each(func(name string, v value) (err error) {
		switch name {
		case "collection":
			text, _ := v.StringValueOK()
			ns = r.db + "." + text
		case "batchSize":
			size, err = asNatural(name, v)
			if size == 0 {
				size = 1 << 31
			}
		default:
			err = errUnknown
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	c, err := s.cursors.take(id, ns)
	if err != nil {
		return nil, err
	}
	var reply document
	err = s.store.view(func(t *txn) error {
		reply, err = s.batch(r, t, c, "nextBatch", size)
		return err
	})
	return reply, err
}

func (s *Server) killCursors(r *request) (document, error) {
	killed, unknown, named := bson.A{}, bson.A{}, false
	err := r.each(func(name string, v value) error {
		if name != "cursors" || v.Type != bson.TypeArray {
			return errUnknown
		}
		named = true
		for _, item := range fields(v.Data) {
			id, ok := asInt(item)
			if ok && s.cursors.remove(id) {
				killed = append(killed, id)
			} else {
				unknown = append(unknown, id)
			}
		}
		return nil
	})
	if err == nil && !named {
		err = errorf(codeMissingField, "BSON field 'killCursors.cursors' is missing but a required field")
	}
	return ok(bson.E{Key: "cursorsKilled", Value: killed}, bson.E{Key: "cursorsNotFound", Value: unknown},
		bson.E{Key: "cursorsAlive", Value: bson.A{}}, bson.E{Key: "cursorsUnknown", Value: bson.A{}}), err
}

// cursorOver answers with documents that are already there.
func (s *Server) cursorOver(r *request, ns string, docs []document, size int64) (document, error) {
	return s.batch(r, nil, &cursor{ns: strings.Clone(ns), session: r.session, docs: docs}, "firstBatch", size)
}
