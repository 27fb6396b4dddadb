package main

import (
	"slices"
	"testing"
)

func TestExploring(t *testing.T) {
	nothing := func(int) string { return "" }
	upTo := func(last int) func(int, *steps[int]) {
		return func(s int, next *steps[int]) {
			if s < last {
				next.must(s+1, "one more than %d", s)
			}
		}
	}
	for _, c := range []struct {
		what   string
		model  model[int]
		states int
		broken string
		trace  []string
	}{
		{"all is right", model[int]{next: upTo(3), always: nothing, atRest: nothing}, 4, "", nil},
		{"the start is wrong", model[int]{start: 7, next: upTo(9), always: func(s int) string {
			return "seven"
		}, atRest: nothing}, 1, "seven", nil},
		{"a state is wrong", model[int]{next: upTo(3), always: func(s int) string {
			if s == 2 {
				return "two"
			}
			return ""
		}, atRest: nothing}, 3, "two", []string{"one more than 0", "one more than 1"}},
		{"a state at rest is wrong", model[int]{next: upTo(1), always: nothing, atRest: func(int) string {
			return "it stops"
		}}, 2, "it stops, in the end", []string{"one more than 0"}},
		{"what need not happen does not count at rest", model[int]{next: func(s int, next *steps[int]) {
			next.may(1, "perhaps")
		}, always: nothing, atRest: func(s int) string {
			if s == 0 {
				return "nobody has to go on"
			}
			return ""
		}}, 2, "nobody has to go on, in the end", nil},
		{"a step is wrong", model[int]{next: func(s int, next *steps[int]) {
			if s < 2 {
				next.must(s+1, "on from %d", s)
				return
			}
			next.wrong("too far", "on from %d", s)
		}, always: nothing, atRest: nothing}, 3, "too far", []string{"on from 0", "on from 1", "on from 2"}},
		{"there is no rest", model[int]{next: func(s int, next *steps[int]) {
			if s == 0 {
				next.must(10, "stop")
				next.may(1, "go round")
				return
			}
			if s < 10 {
				next.must(s%3+1, "on from %d", s)
			}
		}, always: nothing, atRest: func(s int) string {
			if s == 3 {
				return "three"
			}
			return ""
		}}, 5, "three, for ever", []string{"go round"}},
		{"a shorter way is found", model[int]{next: func(s int, next *steps[int]) {
			next.may(s+1, "one")
			next.may(s+5, "five")
		}, always: func(s int) string {
			if s == 6 {
				return "six"
			}
			return ""
		}, atRest: nothing}, 5, "six", []string{"one", "five"}},
		{"who is who does not matter", model[int]{next: func(s int, next *steps[int]) {
			if s < 20 {
				next.must(s+10, "on from %d", s)
				next.must(s+11, "on from %d, and one", s)
			}
		}, always: nothing, atRest: func(s int) string {
			if s == 20 {
				return "at twenty"
			}
			return ""
		}, as: func(s int) int { return s / 10 * 10 }}, 3, "at twenty, in the end", []string{"on from 0", "on from 10"}},
	} {
		f := c.model.explore()
		if f.broken != c.broken || f.states != c.states || !slices.Equal(f.trace, c.trace) {
			t.Errorf("%s: %d states, %q by %q; want %d, %q by %q",
				c.what, f.states, f.broken, f.trace, c.states, c.broken, c.trace)
		}
	}
}

// What is taken as one state may be taken so: without that, there are the same ones, only more often.
func TestWhoIsWhoDoesNotMatter(t *testing.T) {
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
