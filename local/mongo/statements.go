package mongo

import (
	"errors"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// maxBatch is how many writes one command may have.
const maxBatch = 100_000

// results gather what the writes of one command have done.
type results struct {
	n, modified int32
	upserted    bson.A
	errors      bson.A
}

func (r *results) reply(command string) document {
	return build(func(dst []byte) []byte {
		dst = bsoncore.AppendInt32Element(dst, "n", r.n)
		if command == "update" {
			dst = bsoncore.AppendInt32Element(dst, "nModified", r.modified)
		}
		if len(r.upserted) > 0 {
			dst = bsoncore.AppendValueElement(dst, "upserted", toValue(r.upserted))
		}
		if len(r.errors) > 0 {
			dst = bsoncore.AppendValueElement(dst, "writeErrors", toValue(r.errors))
		}
		return appendOK(dst)
	})
}

// statements runs the writes of a command in a transaction, one after another. An ordered command ends at the first that
// is refused.
func (s *Server) statements(r *request, listName string, run func(t *txn, doc document, res *results, n int)) document {
	checkNamespace(r.ns)
	ordered := true
	params{listName: ignore, "ordered": boolInto(&ordered), "bypassDocumentValidation": flag, "let": unsupported}.read(r.name, r.args)
	list := r.list(listName)
	if len(list) == 0 || len(list) > maxBatch {
		refuse(codeInvalidLength, "Write batch sizes must be between 1 and %d. Got %d operations.", maxBatch, len(list))
	}
	return s.once(r, func(t *txn) document {
		res := &results{}
		for n, doc := range list {
			err := caught(func() { run(t, doc, res, n) })
			refused, ok := errors.AsType[*commandError](err)
			if !ok {
				must(err)
				continue
			}
			res.errors = append(res.errors, refused.writeError(n))
			if ordered {
				break
			}
		}
		return res.reply(r.name)
	})
}

func (s *Server) insert(r *request) document {
	return s.statements(r, "documents", func(t *txn, doc document, res *results, _ int) {
		t.insert(r.ns, doc)
		res.n++
	})
}

// insert adds a document, and an _id if it has none.
func (t *txn) insert(ns string, doc document) (document, value) {
	doc, id := withID(doc)
	key := documentKey(id)
	t.writer(t.ensure(ns)).put(key, nil, doc)
	return doc, id
}

func (s *Server) delete(r *request) document {
	return s.statements(r, "deletes", func(t *txn, doc document, res *results, _ int) {
		q, multi := parseDeletion(doc)
		if multi && r.txn >= 0 {
			refuse(codeInvalidOptions, "Cannot use retryable writes with limit=0")
		}
		for _, target := range s.targets(r, t, q, multi) {
			t.writer(t.cat.collections[r.ns]).remove(target.key, target.doc)
			res.n++
		}
	})
}

func parseDeletion(doc document) (q query, multi bool) {
	limit := int64(-1)
	params{"q": filterInto(&q.filter), "limit": naturalInto(&limit), "hint": valueInto(&q.hint), "collation": simpleCollation}.readDocument("delete.deletes", doc)
	if q.filter == nil {
		refuse(codeMissingField, "BSON field 'delete.deletes.q' is missing but a required field")
	}
	if limit != 0 && limit != 1 {
		refuse(codeFailedToParse, "The limit field in delete objects must be 0 or 1. Got %d", limit)
	}
	return q, limit == 0
}
