package main

import (
	"cmp"
	"fmt"
	"slices"
)

// model is a state machine: a first state and the steps from each state.
type model[S comparable] struct {
	start S
	// next adds the steps from a state.
	next func(S, *steps[S])
	// always describes what is wrong with a state, and atRest what is wrong with one where no step must follow.
	// They return "" if nothing is wrong.
	always, atRest func(S) string
	// as maps symmetric states to one of them. It may be nil.
	as func(S) S
}

// step leads to another state.
type step[S comparable] struct {
	to   S
	name string
	// must means that the step happens eventually (fairness).
	must bool
	// wrong is the violation of the step itself.
	wrong string
}

// steps collects the possible next steps.
type steps[S comparable] struct {
	all []step[S]
	// named is true only for traces: formatting the names costs more than exploring.
	named bool
}

// may adds a step that need not happen: a choice of the user or the bank, a crash, a lost response, a
// redelivery.
func (s *steps[S]) may(to S, name string, a ...any) { s.add(step[S]{to: to}, name, a) }

// must adds a step that happens eventually: a process continues, a message is first delivered, a sweep
// runs, time passes.
func (s *steps[S]) must(to S, name string, a ...any) { s.add(step[S]{to: to, must: true}, name, a) }

// comes adds the handling of a message that is delivered at least once.
func (s *steps[S]) comes(again bool, to S, name string, a ...any) {
	s.add(step[S]{to: to, must: !again}, name, a)
}

// wrong adds a step that must be impossible.
func (s *steps[S]) wrong(what, name string, a ...any) { s.add(step[S]{wrong: what}, name, a) }

func (s *steps[S]) add(n step[S], name string, a []any) {
	if s.named {
		n.name = fmt.Sprintf(name, a...)
	}
	s.all = append(s.all, n)
}

// explorable is a model with any type of state.
type explorable interface{ explore() finding }

// finding is the result of exploring a model.
type finding struct {
	states int
	// broken is the violation, and trace a shortest way to it. Both are empty if the model holds.
	broken string
	trace  []string
}

// explore visits every reachable state, breadth first. It finds a wrong step or state, a wrong state at
// rest, and a state from which no steps that must happen lead to rest (a livelock).
func (m model[S]) explore() finding {
	if m.as == nil {
		m.as = func(s S) S { return s }
	}
	e := exploration[S]{model: m}
	if wrong := e.visit(m.start, 0); wrong != "" {
		return e.broken(wrong, 0)
	}
	for i := 0; i < len(e.states); i++ {
		if wrong, at := e.look(int32(i)); wrong != "" {
			return e.broken(wrong, at)
		}
	}
	if i := e.restless(); i >= 0 {
		return e.broken(e.later(e.states[i])+", forever", int32(i))
	}
	return finding{states: len(e.states)}
}

// exploration is a model and its states so far.
type exploration[S comparable] struct {
	model[S]
	states  []S
	numbers map[S]int32
	from    []int32    // each state's predecessor
	rests   []int32    // the states at rest
	musts   [][2]int32 // from and to of the steps that must happen
	found   steps[S]
}

// visit records a state and returns what is wrong with it.
func (e *exploration[S]) visit(s S, from int32) (wrong string) {
	if e.numbers == nil {
		e.numbers = make(map[S]int32)
	}
	e.numbers[s] = int32(len(e.states))
	e.states = append(e.states, s)
	e.from = append(e.from, from)
	return e.always(s)
}

// look takes every step from a state. It returns what is wrong with the state, a step, or a successor.
func (e *exploration[S]) look(i int32) (wrong string, at int32) {
	s, rest := e.states[i], true
	e.found.all = e.found.all[:0]
	e.next(s, &e.found)
	for _, taken := range e.found.all {
		if taken.wrong != "" {
			return taken.wrong, i
		}
		to := e.as(taken.to)
		if to == s {
			continue
		}
		number, known := e.numbers[to]
		if !known {
			number = int32(len(e.states))
			if wrong := e.visit(to, i); wrong != "" {
				return wrong, number
			}
		}
		if taken.must {
			rest = false
			e.musts = append(e.musts, [2]int32{i, number})
		}
	}
	if rest {
		e.rests = append(e.rests, i)
		if wrong := e.atRest(s); wrong != "" {
			return wrong + ", at rest", i
		}
	}
	return "", 0
}

// restless returns a state that never comes to rest, or -1.
func (e *exploration[S]) restless() int {
	slices.SortFunc(e.musts, func(a, b [2]int32) int { return int(a[1] - b[1]) })
	calm := make([]bool, len(e.states))
	for _, i := range e.rests {
		calm[i] = true
	}
	for todo := slices.Clone(e.rests); len(todo) > 0; {
		to := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n, _ := slices.BinarySearchFunc(e.musts, to, func(m [2]int32, to int32) int { return int(m[1] - to) })
		for ; n < len(e.musts) && e.musts[n][1] == to; n++ {
			if from := e.musts[n][0]; !calm[from] {
				calm[from] = true
				todo = append(todo, from)
			}
		}
	}
	return slices.Index(calm, false)
}

// later describes what is wrong with the livelock that starts in s.
func (e *exploration[S]) later(s S) (wrong string) {
	seen := map[S]bool{s: true}
	for todo := []S{s}; len(todo) > 0; todo = todo[1:] {
		wrong = e.atRest(todo[0])
		var found steps[S]
		e.next(todo[0], &found)
		for _, t := range found.all {
			if to := e.as(t.to); t.must && !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return cmp.Or(wrong, "it never comes to rest")
}

// broken returns the trace to a state, and to its wrong step if it has one.
func (e *exploration[S]) broken(wrong string, i int32) finding {
	var way []S
	for ; i != 0; i = e.from[i] {
		way = append(way, e.states[i])
	}
	slices.Reverse(way)
	f := finding{states: len(e.states), broken: wrong}
	at := e.start
	take := func(is func(step[S]) bool) {
		found := steps[S]{named: true}
		e.next(at, &found)
		if n := slices.IndexFunc(found.all, is); n >= 0 {
			f.trace = append(f.trace, found.all[n].name)
			at = found.all[n].to
		}
	}
	for _, s := range way {
		take(func(t step[S]) bool { return t.wrong == "" && e.as(t.to) == s })
	}
	take(func(t step[S]) bool { return t.wrong == wrong })
	return f
}
