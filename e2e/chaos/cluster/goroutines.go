package cluster

import (
	"regexp"
	"strings"
)

var (
	// The header of a goroutine (runtime.goroutineheader).
	goroutine = regexp.MustCompile(`^goroutine \d+ .*\[.*\]:$`)
	creator   = regexp.MustCompile(`^created by (\S+)`)
)

// countGoroutines counts the goroutines of a dump by the function that started them.
func countGoroutines(dump string) (all int, by map[string]int) {
	by = make(map[string]int)
	for stack := range strings.SplitSeq(dump, "\n\n") {
		lines := strings.Split(strings.TrimSpace(stack), "\n")
		for len(lines) > 0 && !goroutine.MatchString(lines[0]) {
			lines = lines[1:] // text before the first goroutine
		}
		if len(lines) == 0 || strings.HasPrefix(lines[0], "goroutine 0 ") { // that is the thread's own
			continue
		}
		all++
		by[madeBy(lines)]++
	}
	return all, by
}

func madeBy(lines []string) string {
	for _, line := range lines {
		if match := creator.FindStringSubmatch(line); match != nil {
			return match[1]
		}
	}
	return "main"
}
