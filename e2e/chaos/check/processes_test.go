package check

import (
	"testing"

	"ticketing.dev/e2e/chaos/history"
)

func TestFindsBadExits(t *testing.T) { testFinds(t, Exit, badExits) }

var badExits = []mistake{
	{"a process that exits badly", func(h *history.History) { h.Final.Processes[0].Exit = "killed after 40s" }},
	{"a process that died by itself", func(h *history.History) { h.Final.Processes[0].Deaths = []string{"exit status 2"} }},
}

func TestFindsLeaks(t *testing.T) { testFinds(t, Leak, leaks) }

var leaks = []mistake{
	{"goroutines that leak", func(h *history.History) { h.Final.Processes[0].Goroutines += 100 }},
	{"goroutines that leak, among those that serve", func(h *history.History) {
		h.Final.Processes[0].Goroutines, h.Final.Processes[0].Stacks = 340, map[string]int{serve: 200, "ticketing.dev/common/web.handle": 80}
	}},
	{"connections that leak", func(h *history.History) { h.Final.Processes[0].Links["nats"] = 7 }},
	{"memory that leaks", func(h *history.History) { h.Final.Processes[1].Resident = 900 << 20 }},
}
