package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEachRequestAndStreamIsMeasuredAtEachSize(t *testing.T) {
	dir := t.TempDir()
	var told bytes.Buffer
	times, sizes := "2,1", 2
	if testing.Short() {
		times, sizes = "2", 1
	}
	if err := run(t.Context(), []string{"growth", "-times", times, "-for", "100ms", "-warm", "20ms", "-out", dir}, &told, t.Output()); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}
	text, err := os.ReadFile(filepath.Join(dir, "growth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r grown
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Sizes) != sizes || r.Sizes[sizes-1].Population.Orders != 200 || len(r.Streams) != 2*sizes || r.Streams[sizes-1].Streams != 20 {
		t.Errorf("%s", text)
	}
	for _, z := range r.Sizes {
		if len(z.Costs) != 7 {
			t.Errorf("%d requests were measured at size %d", len(z.Costs), z.Factor)
		}
		for _, c := range z.Costs {
			if c.P50 <= 0 || c.P50 > c.P99 || !strings.Contains(told.String(), c.Name) {
				t.Errorf("size %d: %+v", z.Factor, c)
			}
		}
	}
	for _, name := range []string{"growth-services", "growth-database", "growth-streams"} {
		wellFormed(t, filepath.Join(dir, name+".svg"))
	}
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

func TestAPlotOfEqualCostsIsFlat(t *testing.T) {
	var p plot
	for _, size := range []int{100, 1, 10} {
		p.add("flat <&>", size, 42)
	}
	p.add("once", 10, 80)
	sizes, greatest := p.axes()
	if len(sizes) != 3 || sizes[0] != 1 || sizes[2] != 100 || greatest != 80 {
		t.Errorf("axes %v up to %v", sizes, greatest)
	}
	svg := p.svg()
	if !strings.Contains(svg, `points="60.0,173.0 280.0,173.0 500.0,173.0"`) || !strings.Contains(svg, "flat &lt;&amp;&gt;") {
		t.Error(svg)
	}
}
