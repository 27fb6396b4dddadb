package mongo

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// explain tells how a command would find its documents, and with executionStats
// runs the search, but never the write.
func (s *Server) explain(r *request) (document, error) {
	verbosity := "allPlansExecution"
	err := r.each(func(name string, v value) error {
		if name != "verbosity" {
			return errUnknown
		}
		verbosity, _ = v.StringValueOK()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if verbosity != "queryPlanner" && verbosity != "executionStats" && verbosity != "allPlansExecution" {
		return nil, errorf(codeBadValue, "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}")
	}
	if !isDocument(r.target) {
		return nil, errorf(codeTypeMismatch, "explain must be of an object")
	}
	inner := *r.message
	inner.body = r.target.Data
	e, err := parseRequest(&inner)
	if e.db == "" {
		e.db, err = r.db, nil
	}
	if err != nil {
		return nil, err
	}
	e.conn, e.deadline, e.explained = r.conn, r.deadline, true
	q, err := e.query()
	if err != nil {
		return nil, err
	}
	ns, err := e.namespace()
	if err != nil {
		return nil, err
	}
	return s.explainQuery(e, ns, q, verbosity, e.name)
}

// query is the search that a command makes.
func (r *request) query() (query, error) {
	switch r.name {
	case "find":
		f, err := parseFind(r.name, r.args)
		return f.query, err
	case "count":
		return parseCount(r.name, r.args)
	case "distinct":
		_, q, err := parseDistinct(r.name, r.args)
		return q, err
	case "findAndModify", "findandmodify":
		f, err := parseFindModify(r.name, r.args)
		f.limit = 1
		return f.query, err
	case "aggregate":
		list, err := r.list("pipeline")
		if err != nil {
			return query{}, err
		}
		p, _, err := parseAggregate(r, list)
		return p.query, err
	case "update":
		list, err := r.list("updates")
		if err != nil || len(list) != 1 {
			return query{}, errorf(codeInvalidLength, "explained write batches must be of size 1")
		}
		m, err := parseModification(list[0])
		return m.query, err
	case "delete":
		list, err := r.list("deletes")
		if err != nil || len(list) != 1 {
			return query{}, errorf(codeInvalidLength, "explained write batches must be of size 1")
		}
		q, _, err := parseDeletion(list[0])
		return q, err
	}
	return query{}, errorf(codeCommandNotFound, "Explain failed due to unknown command: %s", r.name)
}

func (s *Server) explainQuery(r *request, ns string, q query, verbosity, command string) (document, error) {
	var planner, stats bson.D
	err := s.store.view(func(t *txn) error {
		c := t.cat.collections[ns]
		if c == nil {
			planner = bson.D{{Key: "namespace", Value: ns}, {Key: "winningPlan", Value: bson.D{{Key: "stage", Value: "EOF"}}}}
			stats = executed(0, 0, &effort{}, bson.D{{Key: "stage", Value: "EOF"}})
			return nil
		}
		p, err := t.choose(c, q)
		if err != nil {
			return err
		}
		stages := p.stages(q)
		planner = bson.D{{Key: "namespace", Value: ns}, {Key: "indexFilterSet", Value: false}, {Key: "winningPlan", Value: stages}, {Key: "rejectedPlans", Value: bson.A{}}}
		if verbosity == "queryPlanner" {
			return nil
		}
		stats, err = s.measure(r, t, ns, q, stages)
		return err
	})
	if err != nil {
		return nil, err
	}
	reply := []bson.E{{Key: "explainVersion", Value: "1"}, {Key: "queryPlanner", Value: planner}}
	if verbosity != "queryPlanner" {
		reply = append(reply, bson.E{Key: "executionStats", Value: stats})
	}
	host := r.conn.LocalAddr().String()
	return ok(append(reply, bson.E{Key: "command", Value: command},
		bson.E{Key: "serverInfo", Value: bson.D{{Key: "host", Value: host}, {Key: "version", Value: version}}})...), nil
}

// measure runs a search and counts.
func (s *Server) measure(r *request, t *txn, ns string, q query, stages bson.D) (bson.D, error) {
	start := time.Now()
	c := &cursor{ns: ns, skip: q.skip, limit: q.limit, capped: q.limit > 0}
	if err := c.plan(s, r, t, q); err != nil {
		return nil, err
	}
	n := 0
	_, err := c.next(s, r, t, func(document) (bool, error) { n++; return true, nil })
	return executed(n, time.Since(start), &c.effort, stages), err
}

func executed(n int, took time.Duration, e *effort, stages bson.D) bson.D {
	return bson.D{
		{Key: "executionSuccess", Value: true}, {Key: "nReturned", Value: int32(n)},
		{Key: "executionTimeMillis", Value: int32(took.Milliseconds())},
		{Key: "totalKeysExamined", Value: int32(e.keys)}, {Key: "totalDocsExamined", Value: int32(e.docs)},
		{Key: "executionStages", Value: stages},
	}
}

// stages names the plan as MongoDB would.
func (p *plan) stages(q query) bson.D {
	wrap := func(stage string, inner bson.D, extra ...bson.E) bson.D {
		d := append(bson.D{{Key: "stage", Value: stage}}, extra...)
		return append(d, bson.E{Key: "inputStage", Value: inner})
	}
	d := p.access()
	if !p.sorted {
		pattern := bson.D{}
		for _, f := range q.sort {
			direction := int32(1)
			if f.desc {
				direction = -1
			}
			pattern = append(pattern, bson.E{Key: f.path, Value: direction})
		}
		d = wrap("SORT", d, bson.E{Key: "sortPattern", Value: pattern})
	}
	if q.skip > 0 {
		d = wrap("SKIP", d, bson.E{Key: "skipAmount", Value: q.skip})
	}
	if q.limit > 0 {
		d = wrap("LIMIT", d, bson.E{Key: "limitAmount", Value: q.limit})
	}
	return d
}

// access names how documents are found.
func (p *plan) access() bson.D {
	direction := "forward"
	if p.reverse {
		direction = "backward"
	}
	switch {
	case p.never:
		return bson.D{{Key: "stage", Value: "EOF"}}
	case p.any != nil:
		inputs := bson.A{}
		for _, each := range p.any {
			inputs = append(inputs, each.access())
		}
		return bson.D{{Key: "stage", Value: "OR"}, {Key: "inputStages", Value: inputs}}
	case p.index == nil:
		return bson.D{{Key: "stage", Value: "COLLSCAN"}, {Key: "direction", Value: direction}}
	case p.index == idIndex && p.points == 1 && len(p.spans) == 1:
		return bson.D{{Key: "stage", Value: "IDHACK"}}
	}
	return bson.D{{Key: "stage", Value: "FETCH"}, {Key: "inputStage", Value: bson.D{
		{Key: "stage", Value: "IXSCAN"}, {Key: "keyPattern", Value: bson.Raw(p.index.pattern())}, {Key: "indexName", Value: p.index.name},
		{Key: "isMultiKey", Value: p.index.isMultikey()}, {Key: "isUnique", Value: p.index.unique}, {Key: "isSparse", Value: p.index.sparse},
		{Key: "direction", Value: direction}, {Key: "bounded", Value: p.bounded},
	}}}
}
