//go:build race

package tickets_test

const raceOverhead = 2
