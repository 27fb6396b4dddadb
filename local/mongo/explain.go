package mongo

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// explain tells how a command would find its documents, and with executionStats runs the search, but never the write.
func (s *Server) explain(r *request) document {
	verbosity := "allPlansExecution"
	params{"verbosity": textInto(&verbosity)}.read(r.name, r.args)
	switch verbosity {
	case "queryPlanner", "executionStats", "allPlansExecution":
	default:
		refuse(codeBadValue, "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}")
	}
	inner := *r.message
	inner.body = asDocument("explain", r.target)
	e := &request{message: &inner, conn: r.conn, db: r.db, txn: -1}
	e.parse()
	e.deadline = r.deadline
	return s.explainQuery(e, e.namespace(), e.search(), verbosity)
}

// search is the find that a command makes.
func (r *request) search() *search {
	one := func(list string) document {
		docs := r.list(list)
		if len(docs) != 1 {
			refuse(codeInvalidLength, "explained write batches must be of size 1")
		}
		return docs[0]
	}
	f := &search{}
	switch r.name {
	case "find":
		return parseFind(r)
	case "count":
		f.query = parseCount(r)
	case "distinct":
		_, f.query = parseDistinct(r)
	case "findAndModify", "findandmodify":
		f.query = parseFindModify(r).query
		f.limit = 1
	case "aggregate":
		return &parseAggregate(r, true).search
	case "update":
		f.query = parseModification(one("updates")).query
	case "delete":
		f.query, _ = parseDeletion(one("deletes"))
	default:
		refuse(codeCommandNotFound, "Explain failed due to unknown command: %s", r.name)
	}
	return f
}

func (s *Server) explainQuery(r *request, ns string, f *search, verbosity string) document {
	stages := bson.D{{Key: "stage", Value: "EOF"}}
	var stats bson.D
	s.store.view(func(t *txn) {
		if c := t.cat.collections[ns]; c != nil {
			stages = t.choose(c, f.query).stages(f.query)
		}
		if verbosity != "queryPlanner" {
			stats = s.measure(r, t, ns, f, stages)
		}
	})
	reply := []bson.E{{Key: "explainVersion", Value: "1"}, {Key: "queryPlanner", Value: bson.D{{Key: "namespace", Value: ns},
		{Key: "indexFilterSet", Value: false}, {Key: "winningPlan", Value: stages}, {Key: "rejectedPlans", Value: bson.A{}}}}}
	if stats != nil {
		reply = append(reply, bson.E{Key: "executionStats", Value: stats})
	}
	return ok(append(reply, bson.E{Key: "command", Value: r.name},
		bson.E{Key: "serverInfo", Value: bson.D{{Key: "host", Value: r.conn.LocalAddr().String()}, {Key: "version", Value: version}}})...)
}

// measure runs a search and counts.
func (s *Server) measure(r *request, t *txn, ns string, f *search, stages bson.D) bson.D {
	start := time.Now()
	c := f.cursor(s, r, t, ns)
	n := 0
	c.next(s, r, t, func(document) bool { n++; return true })
	return bson.D{
		{Key: "executionSuccess", Value: true}, {Key: "nReturned", Value: int32(n)},
		{Key: "executionTimeMillis", Value: int32(time.Since(start).Milliseconds())},
		{Key: "totalKeysExamined", Value: int32(c.effort.keys)}, {Key: "totalDocsExamined", Value: int32(c.effort.docs)},
		{Key: "executionStages", Value: stages},
	}
}

// stages names the plan as MongoDB would.
func (p *plan) stages(q query) bson.D {
	d := p.access()
	wrap := func(stage, detail string, v any) {
		d = bson.D{{Key: "stage", Value: stage}, {Key: detail, Value: v}, {Key: "inputStage", Value: d}}
	}
	if !p.sorted {
		pattern := bson.D{}
		for _, f := range q.sort {
			pattern = append(pattern, bson.E{Key: f.path, Value: map[bool]int32{false: 1, true: -1}[f.desc]})
		}
		wrap("SORT", "sortPattern", pattern)
	}
	if q.skip > 0 {
		wrap("SKIP", "skipAmount", q.skip)
	}
	if q.limit > 0 {
		wrap("LIMIT", "limitAmount", q.limit)
	}
	return d
}

// access names how documents are found.
func (p *plan) access() bson.D {
	direction := map[bool]string{false: "forward", true: "backward"}[p.reverse]
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
