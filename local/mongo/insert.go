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
	if len(r.upserted)+len(r.errors) == 0 {
		return build(func(dst []byte) []byte {
			dst = bsoncore.AppendInt32Element(dst, "n", r.n)
			if command == "update" {
				dst = bsoncore.AppendInt32Element(dst, "nModified", r.modified)
			}
			return appendOK(dst)
		})
	}
	d := []bson.E{{Key: "n", Value: r.n}}
	if command == "update" {
		d = append(d, bson.E{Key: "nModified", Value: r.modified})
	}
	if len(r.upserted) > 0 {
		d = append(d, bson.E{Key: "upserted", Value: r.upserted})
	}
	if len(r.errors) > 0 {
		d = append(d, bson.E{Key: "writeErrors", Value: r.errors})
	}
	return ok(d...)
}

// statements runs the writes of a command in a transaction, one after another. An
// ordered command ends at the first that is refused.
func (s *Server) statements(r *request, list []document, ordered bool, run func(t *txn, doc document, res *results, n int) error) (document, error) {
	if len(list) == 0 || len(list) > maxBatch {
		return nil, errorf(codeInvalidLength, "Write batch sizes must be between 1 and %d. Got %d operations.", maxBatch, len(list))
	}
	return s.once(r, func(t *txn) (document, error) {
		res := &results{}
		for n, doc := range list {
			err := run(t, doc, res, n)
			if refused, ok := errors.AsType[*commandError](err); ok {
				res.errors = append(res.errors, refused.writeError(n))
				if ordered {
					break
				}
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		return res.reply(r.name), nil
	})
}

// parseWrites reads what insert, update, and delete have in common.
func (r *request) parseWrites(listName string) (ns string, list []document, ordered bool, err error) {
	if ns, err = r.namespace(); err != nil {
		return "", nil, false, err
	}
	if err := checkNamespace(ns); err != nil {
		return "", nil, false, err
	}
	ordered = true
	err = r.each(func(name string, v value) (err error) {
		switch name {
		case listName:
		case "ordered":
			ordered, err = asBool(name, v)
		case "bypassDocumentValidation":
			_, err = asBool(name, v)
		case "let":
			err = unsupported(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	if err != nil {
		return "", nil, false, err
	}
	list, err = r.list(listName)
	return ns, list, ordered, err
}

func (s *Server) insert(r *request) (document, error) {
	ns, list, ordered, err := r.parseWrites("documents")
	if err != nil {
		return nil, err
	}
	return s.statements(r, list, ordered, func(t *txn, doc document, res *results, _ int) error {
		doc, id, err := withID(doc)
		if err != nil {
			return err
		}
		if err := t.insert(ns, doc, id); err != nil {
			return err
		}
		res.n++
		return nil
	})
}

// insert adds a document, whose _id comes first.
func (t *txn) insert(ns string, doc document, id value) error {
	key, err := documentKey(id)
	if err != nil {
		return err
	}
	c, err := t.ensure(ns)
	if err != nil {
		return err
	}
	return t.writer(c).put(key, nil, doc)
}
