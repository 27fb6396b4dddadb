package mongo

import (
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// findModify is a findAndModify command.
type findModify struct {
	modification
	remove  bool
	after   bool // answer with the document as it became
	project *projection
}

func parseFindModify(name string, args []argument) (*findModify, error) {
	f := &findModify{}
	f.filter = and{}
	err := eachArgument(name, args, func(name string, v value) (err error) {
		switch name {
		case "query":
			f.filter, err = filterArgument(name, v)
		case "sort":
			f.sort, err = parseSort(v)
		case "update":
			err = f.parseChange(v)
		case "remove":
			f.remove, err = asBool(name, v)
		case "new":
			f.after, err = asBool(name, v)
		case "upsert":
			f.upsert, err = asBool(name, v)
		case "fields":
			f.project, err = parseProjection(v)
		case "hint":
			f.hint = v
		case "collation":
			err = simpleCollation(v)
		case "arrayFilters", "let":
			err = unsupported(name, v)
		case "bypassDocumentValidation":
			_, err = asBool(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	switch {
	case err != nil:
	case f.remove == (f.change != nil):
		err = errorf(codeFailedToParse, "Either an update or remove=true must be specified")
	case f.remove && (f.upsert || f.after):
		err = errorf(codeFailedToParse, "Cannot specify both remove=true and upsert=true or new=true")
	}
	return f, err
}

func (s *Server) findAndModify(r *request) (document, error) {
	f, err := parseFindModify(r.name, r.args)
	if err != nil {
		return nil, err
	}
	return s.once(r, func(t *txn) (document, error) {
		targets, err := s.targets(r, t, r.ns, f.query, false)
		if err != nil {
			return nil, err
		}
		switch {
		case len(targets) == 0 && f.upsert:
			return f.insert(t, r.ns)
		case len(targets) == 0:
			last := bson.D{{Key: "n", Value: int32(0)}}
			if !f.remove {
				last = append(last, bson.E{Key: "updatedExisting", Value: false})
			}
			return f.reply(last, nil)
		case f.remove:
			err := t.writer(t.cat.collections[r.ns]).remove(targets[0].key, targets[0].doc)
			return f.answer(bson.D{{Key: "n", Value: int32(1)}}, targets[0].doc, err)
		}
		doc, _, err := t.change(r.ns, targets[0], &f.modification)
		if !f.after {
			doc = targets[0].doc
		}
		return f.answer(bson.D{{Key: "n", Value: int32(1)}, {Key: "updatedExisting", Value: true}}, doc, err)
	})
}

func (f *findModify) insert(t *txn, ns string) (document, error) {
	doc, id, err := f.inserted()
	if err != nil {
		return nil, err
	}
	err = t.insert(ns, doc, id)
	if !f.after {
		doc = nil
	}
	return f.answer(bson.D{{Key: "n", Value: int32(1)}, {Key: "updatedExisting", Value: false},
		{Key: "upserted", Value: bson.RawValue{Type: id.Type, Value: id.Data}}}, doc, err)
}

// answer replies unless the write was refused.
func (f *findModify) answer(last bson.D, doc document, err error) (document, error) {
	if refused, ok := errors.AsType[*commandError](err); ok {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	return f.reply(last, doc)
}

func (f *findModify) reply(last bson.D, doc document) (document, error) {
	shown := bson.RawValue{Type: bson.TypeNull}
	if doc != nil {
		projected, err := f.project.apply(doc)
		if err != nil {
			return nil, err
		}
		shown = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: slices.Clone(projected)}
	}
	return ok(bson.E{Key: "lastErrorObject", Value: last}, bson.E{Key: "value", Value: shown}), nil
}
