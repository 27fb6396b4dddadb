package problem

import (
	"regexp"
	"testing"
)

func TestEveryKindHasItsOwnType(t *testing.T) {
	seen := map[string]Kind{}
	for kind := CrossSite; kind <= Internal; kind++ {
		got := New(kind, "No").Type()
		if !regexp.MustCompile(`^/problems/[a-z-]+$`).MatchString(got) {
			t.Errorf("kind %d has the type %q", kind, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("kinds %d and %d have the type %q", kind, other, got)
		}
		seen[got] = kind
	}
}

func TestANamedProblemHasItsNameAsType(t *testing.T) {
	p := Named("ticket-sold", "A sold ticket can't be changed")
	if p.Type() != "/problems/ticket-sold" || p.Kind != Refused || p.Error() != "A sold ticket can't be changed" {
		t.Errorf("%+v has the type %q", p, p.Type())
	}
}
