package main

import (
	"bytes"
	"regexp"
	"testing"
)

func TestBenchMeasuresEveryColumn(t *testing.T) {
	var told bytes.Buffer
	if err := run(t.Context(), []string{"-tickets", "40", "-for", "300ms"}, &told, t.Output()); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}
	rate := `[1-9][0-9.]*/s, p50 [0-9.]+ ms, p99 [0-9.]+ ms, [0-9.]+ ms of processor`
	row := regexp.MustCompile(`\| 40 \| [0-9.]+ s \| [0-9.]+ % \| ` + rate + ` \| ` + rate + ` \| ` + rate + ` \|\n`)
	if !row.Match(told.Bytes()) || !bytes.Contains(told.Bytes(), []byte("\nPOST /api/orders: auth ")) {
		t.Errorf("no row in:\n%s", &told)
	}
}

func TestBenchRefusesNonsense(t *testing.T) {
	if err := run(t.Context(), []string{"-tickets", "50,x"}, t.Output(), t.Output()); err == nil {
		t.Error("accepted -tickets 50,x")
	}
}
