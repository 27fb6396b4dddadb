package mongo

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// stage turns documents into others.
type stage func(docs []document) []document

// pipeline is an aggregate command. What its first stages say as a find could is done as one, by an index.
type pipeline struct {
	search
	stages  []stage
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
			if name := string(k); len(p.stages) > 0 || !p.absorb(name, v) {
				p.stages = append(p.stages, parseStage(name, v))
			}
		}
	}
	return p
}

// absorb makes a stage part of the find if it still fits: filters, then a sort, then skip, then limit, then a projection.
func (p *pipeline) absorb(name string, v value) (fits bool) {
	switch {
	case p.project != nil || (p.limit > 0 && name != "$project"):
		return false
	case name == "$match" && p.skip == 0 && len(p.sort) == 0:
		p.filter = append(p.filter.(and), parseFilter(asDocument(name, v)).(and)...)
	case name == "$sort" && p.skip == 0 && len(p.sort) == 0:
		p.sort = stageSort(v)
	case name == "$skip" && p.skip == 0:
		p.skip = asNatural(name, v)
	case name == "$limit":
		p.limit = stageLimit(v)
	case name == "$project":
		p.project = stageProjection(v)
	default:
		return false
	}
	return true
}

func stageSort(v value) sortSpec {
	spec := parseSort(v)
	if len(spec) == 0 {
		refuse(15976, "$sort stage must have at least one sort key")
	}
	return spec
}

func stageLimit(v value) int64 {
	n := asNatural("$limit", v)
	if n == 0 {
		refuse(15958, "the limit must be positive")
	}
	return n
}

func stageProjection(v value) *projection {
	p := parseProjection(v)
	if p == nil {
		refuse(51272, "Invalid $project :: caused by :: projection specification must have at least one field")
	}
	return p
}

func parseStage(name string, v value) stage {
	switch name {
	case "$match":
		f := parseFilter(asDocument(name, v))
		return func(docs []document) []document {
			return slices.DeleteFunc(docs, func(doc document) bool { return !f.match(doc) })
		}
	case "$sort":
		spec := stageSort(v)
		return func(docs []document) []document {
			slices.SortStableFunc(docs, func(a, b document) int { return slices.Compare(spec.key(a), spec.key(b)) })
			return docs
		}
	case "$skip":
		n := asNatural(name, v)
		return func(docs []document) []document { return docs[min(n, int64(len(docs))):] }
	case "$limit":
		n := stageLimit(v)
		return func(docs []document) []document { return docs[:min(n, int64(len(docs)))] }
	case "$project":
		p := stageProjection(v)
		return func(docs []document) []document {
			for n, doc := range docs {
				docs[n] = p.apply(doc)
			}
			return docs
		}
	case "$count":
		return parseCountStage(v)
	case "$group":
		return parseGroup(v)
	case "$listSearchIndexes":
		panic(errNoSearch)
	}
	refuse(codeUnknownStage, "Unrecognized pipeline stage name: '%s'", name)
	return nil
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
