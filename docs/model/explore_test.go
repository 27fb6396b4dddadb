package main

import (
	"slices"
	"testing"
)

// complain returns a check that complains about one state.
func complain(at int, what string) func(int) string {
	return func(s int) string {
		if s == at {
			return what
		}
		return ""
	}
}

var holds = func(int) string { return "" }

func upTo(last int) func(int, *steps[int]) {
	return func(s int, next *steps[int]) {
		if s < last {
			next.must(s+1, "one more than %d", s)
		}
	}
}

func explores(t *testing.T, m model[int], states int, broken string, trace ...string) {
	t.Helper()
	if f := m.explore(); f.broken != broken || f.states != states || !slices.Equal(f.trace, trace) {
		t.Errorf("%d states, %q by %q; want %d, %q by %q", f.states, f.broken, f.trace, states, broken, trace)
	}
}

func TestExploresEveryState(t *testing.T) {
	explores(t, model[int]{next: upTo(3), always: holds, atRest: holds}, 4, "")
}

func TestFindsAWrongState(t *testing.T) {
	explores(t, model[int]{start: 7, next: upTo(9), always: complain(7, "seven"), atRest: holds}, 1, "seven")
	explores(t, model[int]{next: upTo(3), always: complain(2, "two"), atRest: holds}, 3, "two", "one more than 0", "one more than 1")
}

func TestFindsAWrongStateAtRest(t *testing.T) {
	explores(t, model[int]{next: upTo(1), always: holds, atRest: complain(1, "it stops")}, 2, "it stops, at rest", "one more than 0")
	optional := func(_ int, next *steps[int]) { next.may(1, "perhaps") }
	explores(t, model[int]{next: optional, always: holds, atRest: complain(0, "nothing must happen")}, 2, "nothing must happen, at rest")
}

func TestFindsAWrongStep(t *testing.T) {
	next := func(s int, next *steps[int]) {
		if s < 2 {
			next.must(s+1, "on from %d", s)
			return
		}
		next.wrong("too far", "on from %d", s)
	}
	explores(t, model[int]{next: next, always: holds, atRest: holds}, 3, "too far", "on from 0", "on from 1", "on from 2")
}

func TestFindsACycleWithoutRest(t *testing.T) {
	next := func(s int, next *steps[int]) {
		if s == 0 {
			next.must(10, "stop")
			next.may(1, "go round")
			return
		}
		if s < 10 {
			next.must(s%3+1, "on from %d", s)
		}
	}
	explores(t, model[int]{next: next, always: holds, atRest: complain(3, "three")}, 5, "three, forever", "go round")
}

func TestFindsTheShortestTrace(t *testing.T) {
	next := func(s int, next *steps[int]) {
		next.may(s+1, "one")
		next.may(s+5, "five")
	}
	explores(t, model[int]{next: next, always: complain(6, "six"), atRest: holds}, 5, "six", "one", "five")
}

func TestMergesSymmetricStates(t *testing.T) {
	next := func(s int, next *steps[int]) {
		if s < 20 {
			next.must(s+10, "on from %d", s)
			next.must(s+11, "on from %d, and one", s)
		}
	}
	tens := func(s int) int { return s / 10 * 10 }
	explores(t, model[int]{next: next, always: holds, atRest: complain(20, "at twenty"), as: tens}, 3, "at twenty, at rest", "on from 0", "on from 10")
}

// Merging symmetric states loses none: exploring without it finds the same states, only more often.
func TestMergedStatesAreSymmetric(t *testing.T) {
	matters(t, reserve{}.model())
	matters(t, money{few: true}.model())
	matters(t, returns{}.model())
}

func matters[S comparable](t *testing.T, m model[S]) {
	t.Helper()
	want, as := m.explore(), m.as
	m.as = func(s S) S { return s }
	e := exploration[S]{model: m}
	e.visit(m.start, 0)
	for i := 0; i < len(e.states); i++ {
		if wrong, _ := e.look(int32(i)); wrong != "" {
			t.Error(wrong)
		}
	}
	different := map[S]bool{}
	for _, s := range e.states {
		different[as(s)] = true
	}
	if len(different) != want.states || want.broken != "" {
		t.Errorf("%d of %d states differ, but %d were explored: %s", len(different), len(e.states), want.states, want.broken)
	}
}
