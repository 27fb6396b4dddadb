package mongo

import (
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// accumulator gathers a value over the documents of a group.
type accumulator interface {
	add(v value) error
	result() value
}

var accumulators = map[string]func() accumulator{
	"$sum":      func() accumulator { return &sum{} },
	"$count":    func() accumulator { return &sum{counts: true} },
	"$avg":      func() accumulator { return &average{} },
	"$min":      func() accumulator { return &outermost{sign: -1} },
	"$max":      func() accumulator { return &outermost{sign: 1} },
	"$first":    func() accumulator { return &nth{first: true} },
	"$last":     func() accumulator { return &nth{} },
	"$push":     func() accumulator { return &list{} },
	"$addToSet": func() accumulator { return &list{seen: map[string]bool{}} },
}

// accumulated is a field that $group makes.
type accumulated struct {
	name string
	of   expression
	make func() accumulator
}

func parseGroup(v value) (stage, error) {
	doc, err := asDocument("$group", v)
	if err != nil {
		return nil, err
	}
	var id expression
	var made []accumulated
	for k, each := range fields(doc) {
		if string(k) == "_id" {
			if id, err = parseExpression(each); err != nil {
				return nil, err
			}
			continue
		}
		a, err := parseAccumulated(string(k), each)
		if err != nil {
			return nil, err
		}
		made = append(made, a)
	}
	if id == nil {
		return nil, errorf(15955, "a group specification must include an _id")
	}
	return func(docs []document) ([]document, error) { return group(docs, id, made) }, nil
}

func parseAccumulated(name string, v value) (a accumulated, err error) {
	if !isDocument(v) || count(v.Data) != 1 {
		return a, errorf(40234, "The field '%s' must be an accumulator object", name)
	}
	for k, of := range fields(v.Data) {
		a.name, a.make = name, accumulators[string(k)]
		if a.make == nil {
			return a, errorf(15952, "unknown group operator '%s'", k)
		}
		if string(k) == "$count" && (!isDocument(of) || count(of.Data) > 0) {
			return a, errorf(codeTypeMismatch, "$count takes no arguments, i.e. $count:{}")
		}
		a.of, err = parseExpression(of)
	}
	return a, err
}

// member is one group.
type member struct {
	id  value
	acc []accumulator
}

func group(docs []document, id expression, made []accumulated) ([]document, error) {
	var groups []*member
	byKey := map[string]*member{}
	for _, doc := range docs {
		v := orNull(id(doc))
		key := string(appendKey(nil, v))
		g := byKey[key]
		if g == nil {
			g = &member{id: v}
			for _, a := range made {
				g.acc = append(g.acc, a.make())
			}
			byKey[key], groups = g, append(groups, g)
		}
		for n, a := range made {
			if err := g.acc[n].add(a.of(doc)); err != nil {
				return nil, err
			}
		}
	}
	var results []document
	for _, g := range groups {
		results = append(results, build(func(dst []byte) []byte {
			dst = bsoncore.AppendValueElement(dst, "_id", g.id)
			for n, a := range made {
				dst = bsoncore.AppendValueElement(dst, a.name, orNull(g.acc[n].result()))
			}
			return dst
		}))
	}
	return results, nil
}

// sum adds numbers and passes over everything else.
type sum struct {
	total  value
	counts bool
}

var zero, one = toValue(int32(0)), toValue(int32(1))

func (s *sum) add(v value) error {
	if s.counts {
		v = one
	}
	if !isNumber(v) {
		return nil
	}
	next, err := calculate(s.result(), v, false)
	if err != nil && v.Type != bson.TypeDecimal128 && s.total.Type != bson.TypeDecimal128 { // beyond 64 bits
		next, err = toValue(asFloat(s.result())+asFloat(v)), nil
	}
	s.total = next
	return err
}

func (s *sum) result() value {
	if missing(s.total) {
		return zero
	}
	return s.total
}

type average struct {
	total float64
	n     int
}

func (a *average) add(v value) error {
	if v.Type == bson.TypeDecimal128 {
		return errorf(codeTypeMismatch, "arithmetic with decimals is not supported")
	}
	if isNumber(v) {
		a.total += asFloat(v)
		a.n++
	}
	return nil
}

func (a *average) result() value {
	if a.n == 0 {
		return null
	}
	return toValue(a.total / float64(a.n))
}

// outermost is the lowest or the highest value, without nulls.
type outermost struct {
	sign  int
	value value
}

func (o *outermost) add(v value) error {
	if rank(v.Type) == rankNull || v.Type == bson.TypeUndefined {
		return nil
	}
	if missing(o.value) || compare(v, o.value) == o.sign {
		o.value = v
	}
	return nil
}

func (o *outermost) result() value { return o.value }

type nth struct {
	first, any bool
	value      value
}

func (n *nth) add(v value) error {
	if !n.first || !n.any {
		n.value, n.any = v, true
	}
	return nil
}

func (n *nth) result() value { return n.value }

type list struct {
	items []value
	seen  map[string]bool // nil keeps all
}

func (l *list) add(v value) error {
	if missing(v) {
		return nil
	}
	if l.seen != nil {
		key := string(appendKey(nil, v))
		if l.seen[key] {
			return nil
		}
		l.seen[key] = true
	}
	l.items = append(l.items, v)
	return nil
}

func (l *list) result() value { return array(l.items) }
