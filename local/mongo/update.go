package mongo

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// modification is one statement of an update.
type modification struct {
	query
	change document    // a replacement, or operators
	ops    []operation // nil for a replacement
	upsert bool
	multi  bool
}

func (s *Server) update(r *request) document {
	return s.statements(r, "updates", func(t *txn, doc document, res *results, n int) {
		m := parseModification(doc)
		if m.multi && r.txn >= 0 {
			refuse(codeInvalidOptions, "Cannot use retryable writes with multi=true")
		}
		targets := s.targets(r, t, m.query, m.multi)
		if len(targets) == 0 && m.upsert {
			_, id := t.upsert(r.ns, m)
			res.upserted = append(res.upserted, bson.D{{Key: "index", Value: int32(n)}, {Key: "_id", Value: bson.RawValue{Type: id.Type, Value: id.Data}}})
			res.n++
		}
		for _, target := range targets {
			if _, changed := t.change(r.ns, target, m); changed {
				res.modified++
			}
			res.n++
		}
	})
}

func parseModification(doc document) *modification {
	m := &modification{query: query{filter: and{}}}
	params{"q": filterInto(&m.filter), "u": m.parseChange, "upsert": boolInto(&m.upsert), "multi": boolInto(&m.multi), "hint": valueInto(&m.hint),
		"collation": simpleCollation, "arrayFilters": unsupported, "c": unsupported}.readDocument("update.updates", doc)
	if m.change == nil {
		refuse(codeMissingField, "BSON field 'update.updates.u' is missing but a required field")
	}
	if m.multi && m.ops == nil {
		refuse(codeFailedToParse, "multi update is not supported for replacement-style update")
	}
	return m
}

// parseChange reads a replacement or operators.
func (m *modification) parseChange(name string, v value) {
	if v.Type == bson.TypeArray {
		refuse(codeFailedToParse, "updates by an aggregation pipeline are not supported")
	}
	m.change = asDocument(name, v)
	if isOperators(v) {
		m.ops = parseOperators(m.change)
		return
	}
	for key := range fields(m.change) {
		if len(key) > 0 && key[0] == '$' {
			refuse(codeDollarPrefixed, "The dollar ($) prefixed field '%s' is not allowed in a replacement", key)
		}
	}
}

// target is a document that a write selects.
type target struct {
	key []byte
	doc document
}

// targets finds the documents to write before the first of them changes.
func (s *Server) targets(r *request, t *txn, q query, multi bool) (found []target) {
	if !multi {
		q.limit = 1
	}
	x := s.read(r, t, r.ns, q)
	x.each(s, r, t, func(key []byte, doc document) bool {
		found = append(found, target{slices.Clone(key), doc})
		return multi
	})
	return found
}

// change applies a modification to one document.
func (t *txn) change(ns string, at target, m *modification) (doc document, changed bool) {
	if m.ops != nil {
		doc = applyOperators(at.doc, m.ops, false)
	} else {
		doc = m.replaced(at.doc)
	}
	before, id := field(at.doc, "_id"), field(doc, "_id")
	if before.Type != id.Type || !bytes.Equal(before.Data, id.Data) {
		refuseID()
	}
	if bytes.Equal(at.doc, doc) {
		return doc, false
	}
	t.writer(t.cat.collections[ns]).put(at.key, at.doc, doc)
	return doc, true
}

func refuseID() {
	refuse(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
}

// replaced is the replacement, with the _id of what it replaces.
func (m *modification) replaced(old document) document {
	if missing(field(m.change, "_id")) {
		return m.withID(field(old, "_id"))
	}
	doc, _ := withID(m.change)
	return doc
}

// withID is a replacement without an _id, with this one.
func (m *modification) withID(id value) document {
	return build(func(dst []byte) []byte {
		return append(bsoncore.AppendValueElement(dst, "_id", id), m.change[4:len(m.change)-1]...)
	})
}

// upsert inserts the document that a modification makes when nothing matches.
func (t *txn) upsert(ns string, m *modification) (document, value) {
	base := newTree(nil) // what the filter prescribes
	conditions, _ := conjuncts(m.filter)
	for _, c := range conditions {
		if v := c.fixed(); !missing(v) && (m.ops != nil || c.path == "_id") {
			base.at(c.path, true).set(v)
		}
	}
	start := base.encode()
	id, doc := field(start, "_id"), m.change
	if m.ops != nil {
		doc = applyOperators(start, m.ops, true)
		if !missing(id) && !equal(id, orNull(field(doc, "_id"))) {
			refuseID()
		}
	} else if missing(field(doc, "_id")) && !missing(id) {
		doc = m.withID(id)
	}
	return t.insert(ns, doc)
}

// fixed is the value that a condition prescribes, or a missing one.
func (c *condition) fixed() value {
	switch {
	case c.op == "$eq":
		return c.operand
	case c.op == "$in" && len(c.in) == 1:
		return values(c.operand.Data)[0]
	}
	return value{}
}
