package mongo

import (
	"slices"
	"strings"
	"sync"
)

// slowScan is from how many documents on a scan is worth a warning.
const slowScan = 1000

// maxShapes bounds how many query shapes are counted.
const maxShapes = 1000

// Scan is a kind of query that read a whole collection.
type Scan struct {
	// App is the application name of the client.
	App string `bson:"app"`
	// Namespace is database.collection.
	Namespace string `bson:"ns"`
	// Shape names the command, and its fields and operators without their operands.
	Shape string `bson:"shape"`
	// Count is how often it ran.
	Count int64 `bson:"count"`
}

type scans struct {
	mu     sync.Mutex
	total  int64
	shapes []*Scan
	warned map[string]bool
}

// Scans lists the kinds of queries that no index helped since the server started.
func (s *Server) Scans() []Scan {
	_, all := s.scans.report()
	return all
}

func (s *scans) report() (total int64, shapes []Scan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shapes = []Scan{}
	for _, scan := range s.shapes {
		shapes = append(shapes, *scan)
	}
	return s.total, shapes
}

// noteScan counts a query that reads a whole collection, and warns once of each kind that reads a large one.
func (s *Server) noteScan(t *txn, r *request, p *plan, q query) {
	if !p.scans(q) {
		return
	}
	shape := r.name + " " + q.shape()
	size := t.Bucket(p.c.docsName()).Sequence()
	if s.scans.note(r.conn.appName, p.c.ns, shape, size > slowScan) {
		s.log.Warn("query scans its collection", "collection", p.c.ns, "documents", size, "shape", shape, "app", r.conn.appName)
	}
}

// note counts, and reports whether this is the first of its kind worth a warning.
func (s *scans) note(app, ns, shape string, large bool) (warn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	n := slices.IndexFunc(s.shapes, func(k *Scan) bool { return k.App == app && k.Namespace == ns && k.Shape == shape })
	switch {
	case n >= 0:
		s.shapes[n].Count++
	case len(s.shapes) < maxShapes:
		s.shapes = append(s.shapes, &Scan{App: app, Namespace: ns, Shape: shape, Count: 1})
	}
	key := ns + " " + shape
	if !large || s.warned[key] || len(s.warned) >= maxShapes {
		return false
	}
	if s.warned == nil {
		s.warned = map[string]bool{}
	}
	s.warned[key] = true
	return true
}

func (q query) shape() string {
	shape := q.filter.shape()
	if len(q.sort) > 0 {
		var by []string
		for _, f := range q.sort {
			direction := ""
			if f.desc {
				direction = "-"
			}
			by = append(by, direction+f.path)
		}
		shape += " sort " + strings.Join(by, ", ")
	}
	return shape
}
