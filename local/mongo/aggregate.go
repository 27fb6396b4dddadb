package mongo

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// stage turns documents into others.
type stage func(docs []document) []document

// pipeline is an aggregate command. Its stages are done by finds: the first by an index, further ones on the documents of
// the stage before.
type pipeline struct {
	search
	stages  []stage
	last    *search // where the next stage may be added, or nil
	explain bool
}

func (s *Server) aggregate(r *request) document {
	p := parseAggregate(r, false)
	if r.target.Type != bson.TypeString {
		refuse(codeFailedToParse, "aggregation over a whole database is not supported")
	}
	ns := r.namespace()
	if p.explain {
		return s.explainQuery(r, ns, &p.search, "queryPlanner")
	}
	if len(p.stages) == 0 {
		return s.open(r, ns, &p.search)
	}
	var docs []document
	size := 0
	s.store.view(func(t *txn) {
		p.cursor(s, r, t, ns).next(s, r, t, func(doc document) bool {
			if size += len(doc); size > maxSorted {
				refuse(codeQueryMemory, "aggregation exceeded the memory limit of %d bytes", maxSorted)
			}
			docs = append(docs, slices.Clone(doc))
			return true
		})
	})
	for _, stage := range p.stages {
		docs = stage(docs)
	}
	return s.cursorOver(r, ns, docs, p.batchSize)
}

func parseAggregate(r *request, explained bool) *pipeline {
	list := r.list("pipeline")
	p := &pipeline{search: search{query: query{filter: and{}}, batchSize: -1}}
	p.last = &p.search
	params{"pipeline": ignore, "cursor": batchInto(&p.batchSize), "hint": valueInto(&p.hint), "explain": boolInto(&p.explain),
		"collation": simpleCollation, "let": unsupported, "allowDiskUse": flag, "bypassDocumentValidation": flag}.read(r.name, r.args)
	if p.batchSize < 0 && !p.explain && !explained {
		refuse(codeFailedToParse, "The 'cursor' option is required, except for aggregate with the explain argument")
	}
	for _, doc := range list {
		if count(doc) != 1 {
			refuse(40323, "A pipeline stage specification object must contain exactly one field.")
		}
		for k, v := range fields(doc) {
			p.add(string(k), v)
		}
	}
	return p
}

// add adds a stage.
func (p *pipeline) add(name string, v value) {
	switch name {
	case "$match", "$sort", "$skip", "$limit", "$project":
		if p.last != nil && p.last.absorb(name, v) {
			return
		}
		p.last = &search{query: query{filter: and{}}}
		p.last.absorb(name, v)
		p.stages = append(p.stages, p.last.apply)
		return
	case "$count":
		p.stages = append(p.stages, parseCountStage(v))
	case "$group":
		p.stages = append(p.stages, parseGroup(v))
	case "$listSearchIndexes":
		panic(errNoSearch)
	default:
		refuse(codeUnknownStage, "Unrecognized pipeline stage name: '%s'", name)
	}
	p.last = nil
}

// absorb makes a stage part of a find if it fits: filters, then a sort, then skip, then limit, then a projection.
func (f *search) absorb(name string, v value) (fits bool) {
	switch {
	case f.project != nil || (f.limit > 0 && name != "$project"):
		return false
	case name == "$match" && f.skip == 0 && len(f.sort) == 0:
		f.filter = append(f.filter.(and), parseFilter(asDocument(name, v)).(and)...)
	case name == "$sort" && f.skip == 0 && len(f.sort) == 0:
		if f.sort = parseSort(v); len(f.sort) == 0 {
			refuse(15976, "$sort stage must have at least one sort key")
		}
	case name == "$skip" && f.skip == 0:
		f.skip = asNatural(name, v)
	case name == "$limit":
		if f.limit = asNatural(name, v); f.limit == 0 {
			refuse(15958, "the limit must be positive")
		}
	case name == "$project":
		if f.project = parseProjection(v); f.project == nil {
			refuse(51272, "Invalid $project :: caused by :: projection specification must have at least one field")
		}
	default:
		return false
	}
	return true
}

// apply does a find on documents in memory.
func (f *search) apply(docs []document) []document {
	docs = slices.DeleteFunc(docs, func(doc document) bool { return !f.filter.match(doc) })
	if len(f.sort) > 0 {
		slices.SortStableFunc(docs, func(a, b document) int { return bytes.Compare(f.sort.key(a), f.sort.key(b)) })
	}
	docs = docs[min(f.skip, int64(len(docs))):]
	if f.limit > 0 {
		docs = docs[:min(f.limit, int64(len(docs)))]
	}
	for n, doc := range docs {
		docs[n] = f.project.apply(doc)
	}
	return docs
}

func parseCountStage(v value) stage {
	field, ok := v.StringValueOK()
	if !ok || field == "" || strings.HasPrefix(field, "$") || strings.Contains(field, ".") {
		refuse(40156, "the count field must be a non-empty string that doesn't start with $ or contain a dot")
	}
	return func(docs []document) []document {
		if len(docs) == 0 {
			return nil
		}
		return []document{marshal(bson.D{{Key: field, Value: int32(len(docs))}})}
	}
}

// expression is a constant, a field's path, or a document of expressions.
type expression func(doc document) value

func parseExpression(v value) expression {
	if path, ok := v.StringValueOK(); ok && strings.HasPrefix(path, "$") {
		if strings.HasPrefix(path, "$$") || path == "$" {
			refuse(codeBadValue, "the variable '%s' is not supported", path)
		}
		parts := split(path[1:])
		return func(doc document) value { return lookup(doc, parts) }
	}
	if isOperators(v) {
		literal := field(v.Data, "$literal")
		if missing(literal) || count(v.Data) != 1 {
			refuse(168, "Unrecognized expression '%s'", v)
		}
		v = literal
	} else if isDocument(v) {
		return parseDocument(v)
	}
	return func(document) value { return v }
}

func parseDocument(v value) expression {
	var names []string
	var parts []expression
	for key, inner := range fields(v.Data) {
		names, parts = append(names, string(key)), append(parts, parseExpression(inner))
	}
	return func(doc document) value {
		return value{Type: bson.TypeEmbeddedDocument, Data: build(func(dst []byte) []byte {
			for n, part := range parts {
				if v := part(doc); !missing(v) {
					dst = bsoncore.AppendValueElement(dst, names[n], v)
				}
			}
			return dst
		})}
	}
}
