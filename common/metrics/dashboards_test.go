package metrics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"
)

const observed = "../../infra/k8s-observed/"

// exported are the names of all metrics, with those that a histogram makes.
func exported() map[string]bool {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		registry.Describe(descriptions)
	}()
	names := map[string]bool{"up": true}
	for d := range descriptions {
		_, rest, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ := strings.Cut(rest, `"`)
		for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
			names[name+suffix] = true
		}
	}
	return names
}

var (
	strung = regexp.MustCompile(`"[^"]*"|\{\{[^}]*\}\}`)
	metric = regexp.MustCompile(`\b(up|(?:http|events|outbox|mongodb|orders?|payments|go|process)_\w+)\b`)
)

func wantExported(t *testing.T, at, expression string) {
	t.Helper()
	names := metric.FindAllString(strung.ReplaceAllString(expression, ""), -1)
	if len(names) == 0 && !strings.Contains(expression, "slo:") {
		t.Errorf("%s reads no metric: %s", at, expression)
	}
	for _, name := range names {
		if !exported()[name] {
			t.Errorf("%s reads %s, which no service has", at, name)
		}
	}
}

func TestDashboardsReadMetricsThatExist(t *testing.T) {
	files, err := filepath.Glob(observed + "dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	for _, file := range files {
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, p := range board.Panels {
			for _, target := range p.Targets {
				wantExported(t, filepath.Base(file)+", "+p.Title, target.Expr)
			}
		}
	}
}

// Each alert reads metrics that exist, is brought about by alerts.test.yaml, and has a section that says what to do.
func TestAlertsAreTestedAndExplained(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Record, Expr string }
		}
	}
	text, err := os.ReadFile(observed + "rules/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile(observed + "rules/alerts.test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			wantExported(t, r.Alert+r.Record, r.Expr)
			if r.Alert == "" {
				continue
			}
			alerts++
			if !strings.Contains(string(page), "\n### "+r.Alert+"\n") {
				t.Errorf("docs/monitoring.md doesn't explain %s", r.Alert)
			}
			if !strings.Contains(string(tests), "alertname: "+r.Alert+"\n        exp_alerts:\n") {
				t.Errorf("alerts.test.yaml never brings about %s", r.Alert)
			}
		}
	}
	if alerts == 0 {
		t.Error("there are no alerts")
	}
}
