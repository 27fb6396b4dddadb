//go:build !race

package tickets_test

// raceOverhead is how many times as large the race detector makes a stream.
const raceOverhead = 1
