package mongo

import (
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

func parseFindModify(r *request) *findModify {
	f := &findModify{modification: modification{query: query{filter: and{}}}}
	params{"query": filterInto(&f.filter), "sort": sortInto(&f.sort), "update": f.parseChange, "remove": boolInto(&f.remove), "new": boolInto(&f.after),
		"upsert": boolInto(&f.upsert), "fields": projectionInto(&f.project), "hint": valueInto(&f.hint), "collation": simpleCollation,
		"arrayFilters": unsupported, "let": unsupported, "bypassDocumentValidation": flag}.read(r.name, r.args)
	if f.remove == (f.change != nil) {
		refuse(codeFailedToParse, "Either an update or remove=true must be specified")
	}
	if f.remove && (f.upsert || f.after) {
		refuse(codeFailedToParse, "Cannot specify both remove=true and upsert=true or new=true")
	}
	return f
}

func (s *Server) findAndModify(r *request) document {
	f := parseFindModify(r)
	return s.once(r, func(t *txn) document {
		var before, after document
		last := bson.D{{Key: "n", Value: int32(1)}}
		targets := s.targets(r, t, f.query, false)
		if len(targets) > 0 {
			before = targets[0].doc
		}
		switch {
		case f.remove && before != nil:
			t.writer(t.cat.collections[r.ns]).remove(targets[0].key, before)
		case f.remove:
			last[0].Value = int32(0)
		case before != nil:
			after, _ = t.change(r.ns, targets[0], &f.modification)
			last = append(last, bson.E{Key: "updatedExisting", Value: true})
		case f.upsert:
			var id value
			after, id = t.upsert(r.ns, &f.modification)
			last = append(last, bson.E{Key: "updatedExisting", Value: false}, bson.E{Key: "upserted", Value: bson.RawValue{Type: id.Type, Value: id.Data}})
		default:
			last = bson.D{{Key: "n", Value: int32(0)}, {Key: "updatedExisting", Value: false}}
		}
		doc, shown := before, bson.RawValue{Type: bson.TypeNull}
		if f.after {
			doc = after
		}
		if doc != nil {
			shown = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: slices.Clone(f.project.apply(doc))}
		}
		return ok(bson.E{Key: "lastErrorObject", Value: last}, bson.E{Key: "value", Value: shown})
	})
}
