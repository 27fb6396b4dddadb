package mongo

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// stage turns documents into others.
type stage func(docs []document) ([]document, error)

// pipeline is an aggregate command. What its first stages say as a find could is
// done as one, by an index.
type pipeline struct {
	search
	stages []stage
}

func (s *Server) aggregate(r *request) (document, error) {
	list, err := r.list("pipeline")
	if err != nil {
		return nil, err
	}
	p, explain, err := parseAggregate(r, list)
	if err != nil {
		return nil, err
	}
	if r.target.Type != bson.TypeString {
		return nil, errorf(codeFailedToParse, "aggregation over a whole database is not supported")
	}
	ns, err := r.namespace()
	if err != nil {
		return nil, err
	}
	if explain {
		return s.explainQuery(r, ns, p.query, "queryPlanner", r.name)
	}
	if len(p.stages) == 0 {
		c := &cursor{ns: ns, session: r.session, project: p.project, skip: p.skip, limit: p.limit, capped: p.limit > 0}
		return s.open(r, c, p.query, p.batchSize)
	}
	docs, err := s.collect(r, ns, &p.search)
	for _, stage := range p.stages {
		if err != nil {
			return nil, err
		}
		docs, err = stage(docs)
	}
	if err != nil {
		return nil, err
	}
	return s.cursorOver(r, ns, docs, p.batchSize)
}

// collect reads all documents that a find would show.
func (s *Server) collect(r *request, ns string, f *search) (docs []document, err error) {
	c := &cursor{ns: ns, project: f.project, skip: f.skip, limit: f.limit, capped: f.limit > 0}
	size := 0
	err = s.store.view(func(t *txn) error {
		if err := c.plan(s, r, t, f.query); err != nil {
			return err
		}
		_, err := c.next(s, r, t, func(doc document) (bool, error) {
			if size += len(doc); size > maxSorted {
				return false, errorf(codeQueryMemory, "aggregation exceeded the memory limit of %d bytes", maxSorted)
			}
			docs = append(docs, slices.Clone(doc))
			return true, nil
		})
		return err
	})
	return docs, err
}

func parseAggregate(r *request, list []document) (p *pipeline, explain bool, err error) {
	p = &pipeline{}
	p.filter, p.batchSize = and{}, -1
	err = r.each(func(name string, v value) (err error) {
		switch name {
		case "pipeline":
		case "cursor":
			p.batchSize, err = batchOf(v)
		case "hint":
			p.hint = v
		case "explain":
			explain, err = asBool(name, v)
		case "collation":
			err = simpleCollation(v)
		case "let":
			err = unsupported(name, v)
		case "allowDiskUse", "bypassDocumentValidation":
			_, err = asBool(name, v)
		default:
			err = errUnknown
		}
		return err
	})
	if err == nil && p.batchSize < 0 && !explain && !r.explained {
		err = errorf(codeFailedToParse, "The 'cursor' option is required, except for aggregate with the explain argument")
	}
	for _, doc := range list {
		if err == nil {
			err = p.add(doc)
		}
	}
	return p, explain, err
}

// add reads a stage, into the find at the start if it still fits there.
func (p *pipeline) add(doc document) error {
	if count(doc) != 1 {
		return errorf(40323, "A pipeline stage specification object must contain exactly one field.")
	}
	for k, v := range fields(doc) {
		name := string(k)
		if len(p.stages) == 0 {
			if fits, err := p.absorb(name, v); fits || err != nil {
				return err
			}
		}
		stage, err := parseStage(name, v)
		if err != nil {
			return err
		}
		p.stages = append(p.stages, stage)
	}
	return nil
}

// absorb makes a stage part of the find: filters, then a sort, then skip, then limit.
func (p *pipeline) absorb(name string, v value) (fits bool, err error) {
	untouched := p.skip == 0 && p.limit == 0 && p.project == nil
	switch {
	case name == "$match" && untouched && len(p.sort) == 0:
		f, err := filterArgument(name, v)
		if err != nil {
			return true, err
		}
		p.filter = append(p.filter.(and), f.(and)...)
		return true, nil
	case name == "$sort" && untouched && len(p.sort) == 0:
		p.sort, err = parseStageSort(v)
		return true, err
	case name == "$skip" && untouched:
		p.skip, err = asNatural(name, v)
		return true, err
	case name == "$limit" && p.limit == 0 && p.project == nil:
		p.limit, err = parseLimit(v)
		return true, err
	case name == "$project" && p.project == nil:
		p.project, err = parseStageProjection(v)
		return true, err
	}
	return false, nil
}

func parseStageSort(v value) (sortSpec, error) {
	spec, err := parseSort(v)
	if err == nil && len(spec) == 0 {
		err = errorf(15976, "$sort stage must have at least one sort key")
	}
	return spec, err
}

func parseLimit(v value) (int64, error) {
	n, err := asNatural("$limit", v)
	if err == nil && n == 0 {
		err = errorf(15958, "the limit must be positive")
	}
	return n, err
}

func parseStageProjection(v value) (*projection, error) {
	p, err := parseProjection(v)
	if err == nil && p == nil {
		err = errorf(51272, "Invalid $project :: caused by :: projection specification must have at least one field")
	}
	return p, err
}

func parseStage(name string, v value) (stage, error) {
	switch name {
	case "$match":
		f, err := filterArgument(name, v)
		return func(docs []document) ([]document, error) {
			return slices.DeleteFunc(docs, func(doc document) bool { return !f.match(doc) }), nil
		}, err
	case "$sort":
		spec, err := parseStageSort(v)
		return func(docs []document) ([]document, error) {
			slices.SortStableFunc(docs, func(a, b document) int { return slices.Compare(spec.key(a), spec.key(b)) })
			return docs, nil
		}, err
	case "$skip":
		n, err := asNatural(name, v)
		return func(docs []document) ([]document, error) { return docs[min(n, int64(len(docs))):], nil }, err
	case "$limit":
		n, err := parseLimit(v)
		return func(docs []document) ([]document, error) { return docs[:min(n, int64(len(docs)))], nil }, err
	case "$project":
		p, err := parseStageProjection(v)
		return each(p.apply), err
	case "$count":
		field, ok := v.StringValueOK()
		if !ok || field == "" || strings.HasPrefix(field, "$") || strings.Contains(field, ".") {
			return nil, errorf(40156, "the count field must be a non-empty string that doesn't start with $ or contain a dot")
		}
		return func(docs []document) ([]document, error) {
			if len(docs) == 0 {
				return nil, nil
			}
			return []document{marshal(bson.D{{Key: field, Value: int32(len(docs))}})}, nil
		}, nil
	case "$group":
		return parseGroup(v)
	}
	if name == "$listSearchIndexes" {
		return nil, errNoSearch
	}
	return nil, errorf(codeUnknownStage, "Unrecognized pipeline stage name: '%s'", name)
}

func each(change func(document) (document, error)) stage {
	return func(docs []document) ([]document, error) {
		for n, doc := range docs {
			changed, err := change(doc)
			if err != nil {
				return nil, err
			}
			docs[n] = changed
		}
		return docs, nil
	}
}

// expression is a constant, a field's path, or a document of expressions.
type expression func(doc document) value

func parseExpression(v value) (expression, error) {
	if path, ok := v.StringValueOK(); ok && strings.HasPrefix(path, "$") {
		if strings.HasPrefix(path, "$$") || path == "$" {
			return nil, errorf(codeBadValue, "the variable '%s' is not supported", path)
		}
		parts := split(path[1:])
		return func(doc document) value { return lookup(doc, parts) }, nil
	}
	if isOperators(v) {
		if inner := field(v.Data, "$literal"); !missing(inner) && count(v.Data) == 1 {
			return func(document) value { return inner }, nil
		}
		for key := range fields(v.Data) {
			return nil, errorf(168, "Unrecognized expression '%s'", key)
		}
	}
	if !isDocument(v) {
		return func(document) value { return v }, nil
	}
	var names []string
	var parts []expression
	for key, inner := range fields(v.Data) {
		part, err := parseExpression(inner)
		if err != nil {
			return nil, err
		}
		names, parts = append(names, string(key)), append(parts, part)
	}
	return func(doc document) value {
		data := build(func(dst []byte) []byte {
			for n, part := range parts {
				if v := part(doc); !missing(v) {
					dst = bsoncore.AppendValueElement(dst, names[n], v)
				}
			}
			return dst
		})
		return value{Type: bson.TypeEmbeddedDocument, Data: data}
	}, nil
}
