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
	change document // a replacement, or operators
	ops    bool
	upsert bool
	multi  bool
}

func (s *Server) update(r *request) (document, error) {
	ns, list, ordered, err := r.parseWrites("updates")
	if err != nil {
		return nil, err
	}
	return s.statements(r, list, ordered, func(t *txn, doc document, res *results, n int) error {
		m, err := parseModification(doc)
		if err != nil {
			return err
		}
		if m.multi && r.txn >= 0 {
			return errorf(codeInvalidOptions, "Cannot use retryable writes with multi=true")
		}
		return s.modify(r, t, ns, m, res, n)
	})
}

func parseModification(doc document) (*modification, error) {
	m := &modification{}
	m.filter = and{}
	err := eachArgument("update.updates", argumentsOf(doc), func(name string, v value) (err error) {
		switch name {
		case "q":
			m.filter, err = filterArgument(name, v)
		case "u":
			err = m.parseChange(v)
		case "upsert":
			m.upsert, err = asBool(name, v)
		case "multi":
			m.multi, err = asBool(name, v)
		case "hint":
			m.hint = v
		case "collation":
			err = simpleCollation(v)
		case "arrayFilters", "c":
			err = unsupported(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	if err == nil && m.change == nil {
		err = errorf(codeMissingField, "BSON field 'update.updates.u' is missing but a required field")
	}
	if err == nil && m.multi && !m.ops {
		err = errorf(codeFailedToParse, "multi update is not supported for replacement-style update")
	}
	return m, err
}

// parseChange reads a replacement or operators.
func (m *modification) parseChange(v value) error {
	if v.Type == bson.TypeArray {
		return errorf(codeFailedToParse, "updates by an aggregation pipeline are not supported")
	}
	doc, err := asDocument("u", v)
	if err != nil {
		return err
	}
	m.change = doc
	for key := range fields(doc) {
		m.ops = len(key) > 0 && key[0] == '$'
		break
	}
	if m.ops {
		return checkOperators(doc)
	}
	for key := range fields(doc) {
		if len(key) > 0 && key[0] == '$' {
			return errorf(codeDollarPrefixed, "The dollar ($) prefixed field '%s' is not allowed in a replacement", key)
		}
	}
	return nil
}

// modify runs one statement.
func (s *Server) modify(r *request, t *txn, ns string, m *modification, res *results, n int) error {
	targets, err := s.targets(r, t, ns, m.query, m.multi)
	if err != nil {
		return err
	}
	if len(targets) == 0 && m.upsert {
		doc, id, err := m.inserted()
		if err != nil {
			return err
		}
		if err := t.insert(ns, doc, id); err != nil {
			return err
		}
		res.n++
		res.upserted = append(res.upserted, bson.D{{Key: "index", Value: int32(n)}, {Key: "_id", Value: bson.RawValue{Type: id.Type, Value: id.Data}}})
		return nil
	}
	for _, target := range targets {
		_, changed, err := t.change(ns, target, m)
		if err != nil {
			return err
		}
		res.n++
		if changed {
			res.modified++
		}
	}
	return nil
}

// target is a document that a write selects.
type target struct {
	key []byte
	doc document
}

// targets finds the documents to write before the first of them changes.
func (s *Server) targets(r *request, t *txn, ns string, q query, multi bool) ([]target, error) {
	c := t.cat.collections[ns]
	if c == nil {
		return nil, nil
	}
	if len(q.sort) > 0 {
		return s.firstSorted(r, t, c, q)
	}
	var all []target
	err := s.visit(r, t, c, q, &effort{}, func(key []byte, doc document) error {
		all = append(all, target{slices.Clone(key), doc})
		if !multi {
			return errEnough
		}
		return nil
	})
	if err == errEnough {
		err = nil
	}
	return all, err
}

// firstSorted finds the document that comes first.
func (s *Server) firstSorted(r *request, t *txn, c *collection, q query) ([]target, error) {
	p, err := t.choose(c, q)
	if err != nil {
		return nil, err
	}
	if p.sorted {
		q.sort = nil
		var all []target
		err := p.run(t, &effort{}, nil, func(key []byte, doc document) error {
			all = []target{{slices.Clone(key), doc}}
			return errEnough
		})
		if err == errEnough {
			err = nil
		}
		return all, err
	}
	s.noteScan(t, r, p, q)
	q.limit = 1
	items, err := s.sorted(r, t, p, q, &effort{}, map[string]bool{})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return []target{{slices.Clone(items[0].docKey), items[0].doc}}, nil
}

// change applies a modification to one document.
func (t *txn) change(ns string, at target, m *modification) (doc document, changed bool, err error) {
	if m.ops {
		doc, err = applyOperators(at.doc, m.change, false)
	} else {
		doc, err = m.replaced(at.doc)
	}
	if err != nil {
		return nil, false, err
	}
	before, id := field(at.doc, "_id"), field(doc, "_id")
	if before.Type != id.Type || !bytes.Equal(before.Data, id.Data) {
		return nil, false, errorf(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
	}
	if bytes.Equal(at.doc, doc) {
		return doc, false, nil
	}
	return doc, true, t.writer(t.cat.collections[ns]).put(at.key, at.doc, doc)
}

// replaced is the replacement, with the _id of what it replaces.
func (m *modification) replaced(old document) (document, error) {
	id := field(m.change, "_id")
	if missing(id) {
		id = field(old, "_id")
	}
	return build(func(dst []byte) []byte {
		dst = bsoncore.AppendValueElement(dst, "_id", id)
		for key, v := range fields(m.change) {
			if string(key) != "_id" {
				dst = bsoncore.AppendValueElement(dst, string(key), v)
			}
		}
		return dst
	}), checkNames(m.change)
}

// inserted is the document that an upsert adds.
func (m *modification) inserted() (document, value, error) {
	if !m.ops {
		doc := m.change
		if id := m.equalTo("_id"); missing(field(doc, "_id")) && !missing(id) {
			doc = build(func(dst []byte) []byte {
				return append(bsoncore.AppendValueElement(dst, "_id", id), m.change[4:len(m.change)-1]...)
			})
		}
		return withID(doc)
	}
	base := newTree(nil)
	conditions, _ := conjuncts(m.filter)
	for _, c := range conditions {
		if v := c.fixed(); !missing(v) {
			if err := base.set(c.path, v); err != nil {
				return nil, value{}, err
			}
		}
	}
	start := base.encode()
	doc, err := applyOperators(start, m.change, true)
	if err != nil {
		return nil, value{}, err
	}
	if before := field(start, "_id"); !missing(before) && !equal(before, orNull(field(doc, "_id"))) {
		return nil, value{}, errorf(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
	}
	return withID(doc)
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

func (m *modification) equalTo(path string) value {
	conditions, _ := conjuncts(m.filter)
	for _, c := range conditions {
		if v := c.fixed(); c.path == path && !missing(v) {
			return v
		}
	}
	return value{}
}
