// Package spec runs MongoDB's own specification tests against the embedded server.
//
// The tests and their runners come with mongo-driver's module, so they run where they are, in the version
// the services are built with. testdata/exceptions.txt lists each case that doesn't pass,
// below the reason. The list is exact: a case that fails or is skipped must be on it, and a case that
// passes must not.
package spec

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	// Keep what the runners need in go.mod and go.sum.
	_ "go.mongodb.org/mongo-driver/mongo/integration"
	_ "go.mongodb.org/mongo-driver/mongo/integration/unified"

	"ticketing.dev/local/mongo"
)

// required is the share of the cases about supported features that must run and pass.
const required = 0.95

// suites are the driver's runners, with the directories of testdata that each runs, each in a number of
// parts. The parts run side by side, each against a server of its own: a case that makes a read fail
// takes half a second, in which the driver doesn't ask the server again.
var suites = []struct {
	runner, test string
	directories  []string
	parts        int
}{
	{
		"go.mongodb.org/mongo-driver/mongo/integration/unified", "TestUnifiedSpec",
		[]string{"crud/unified", "index-management", "collection-management", "retryable-writes/unified", "sessions", "run-command", "gridfs"}, 1,
	},
	{
		"go.mongodb.org/mongo-driver/mongo/integration", "TestUnifiedSpecs",
		[]string{"retryable-reads"}, 12,
	},
}

func TestMongoDBSpecifications(t *testing.T) {
	results := map[string]result{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, s := range suites {
		program, dir := build(t, s.runner)
		for _, directory := range s.directories {
			for _, files := range deal(t, filepath.Join(module(dir), "testdata", filepath.FromSlash(directory)), s.parts) {
				run := strings.Join([]string{s.test, strings.ReplaceAll(directory, "/", "$/^"), "(" + strings.Join(files, "|") + ")"}, "$/^")
				all.Go(func() {
					found := runPart(t, program, dir, "^"+run+"$")
					mu.Lock()
					defer mu.Unlock()
					maps.Copy(results, found)
				})
			}
		}
	}
	all.Wait()
	list := readExceptions(t, "testdata/exceptions.txt")
	for _, problem := range compare(results, list) {
		t.Error(problem)
	}
	passed, counted := score(t, results, list)
	if float64(passed) < required*float64(counted) {
		t.Errorf("%d of %d cases about supported features pass, want %.0f %%", passed, counted, 100*required)
	}
}

// result is how one case ended: pass, fail or skip, and what the runner said.
type result struct{ outcome, output string }

// build compiles a test package of the driver, and returns the program and the package's directory.
func build(t *testing.T, runner string) (program, dir string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "runner")
	goTool(t, "test", "-c", "-o", program, runner)
	return program, strings.TrimSpace(goTool(t, "list", "-f", "{{.Dir}}", runner))
}

// goTool runs the go command on the versions of this module, whatever the workspace has.
func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// module is the root of the driver's module, above the directory of one of its packages.
func module(dir string) string {
	root, _, _ := strings.Cut(dir, string(filepath.Separator)+filepath.Join("mongo", "integration"))
	return root
}

// deal deals out the names of a directory's test files, quoted for -test.run.
func deal(t *testing.T, directory string, parts int) [][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", directory, err)
	}
	dealt := make([][]string, min(parts, len(files)))
	for i, f := range files {
		dealt[i%len(dealt)] = append(dealt[i%len(dealt)], regexp.QuoteMeta(filepath.Base(f)))
	}
	return dealt
}

// runPart runs what a pattern selects against a server of its own. The runner gives up at once where the
// driver hasn't found out yet what it is connected to, so it gets three tries to begin.
func runPart(t *testing.T, program, dir, run string) map[string]result {
	server, err := mongo.Open(mongo.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		t.Error(err)
		return nil
	}
	defer server.Close()
	var out []byte
	for range 3 {
		cmd := exec.CommandContext(t.Context(), "go", "tool", "test2json", program, "-test.v=test2json", "-test.run", run)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MONGODB_URI="+server.URI(), "SKIP_CSOT_TESTS=")
		out, _ = cmd.Output() // it fails when a case does, so judge by what it says
		found, err := parse(out)
		if err != nil {
			t.Errorf("%s: %v", run, err)
		}
		if len(found) > 0 {
			return found
		}
	}
	t.Errorf("%s ran no case:\n%s", run, out)
	return nil
}

// parse reads the output of go test -json. A case is a test below a .json file; its name drops the
// runner's: crud/unified/find.json/find_with_multiple_batches_works.
func parse(out []byte) (map[string]result, error) {
	output := map[string]*strings.Builder{}
	results := map[string]result{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("decode %q: %w", lines.Text(), err)
		}
		_, name, _ := strings.Cut(e.Test, "/")
		if _, test, found := strings.Cut(name, ".json/"); !found || test == "" {
			continue
		}
		if output[name] == nil {
			output[name] = new(strings.Builder)
		}
		switch e.Action {
		case "output":
			output[name].WriteString(e.Output)
		case "pass", "fail", "skip":
			results[name] = result{e.Action, strings.TrimSpace(output[name].String())}
		}
	}
	return results, lines.Err()
}

// exception is why a case doesn't pass.
type exception struct {
	reason string
	// counted says that the case is about a supported feature.
	counted bool
}

// readExceptions reads the list. A heading ends in a colon; it starts with "gap" where the feature is
// supported, so that the case counts against the server.
func readExceptions(t *testing.T, path string) map[string]exception {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]exception{}
	var current exception
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if reason, heading := strings.CutSuffix(line, ":"); heading {
			current = exception{reason, strings.HasPrefix(reason, "gap")}
			continue
		}
		if _, twice := list[line]; twice || current.reason == "" {
			t.Fatalf("%s: %s is listed twice or has no reason", path, line)
		}
		list[line] = current
	}
	return list
}

// compare returns the differences between the results and the list, sorted.
func compare(results map[string]result, list map[string]exception) (problems []string) {
	for name, r := range results {
		_, listed := list[name]
		switch {
		case r.outcome == "pass" && listed:
			problems = append(problems, fmt.Sprintf("%s passes: take it off the list", name))
		case r.outcome != "pass" && !listed:
			problems = append(problems, fmt.Sprintf("%s: %s, and isn't listed:\n%s", name, r.outcome, r.output))
		}
	}
	for name := range list {
		if _, ran := results[name]; !ran {
			problems = append(problems, fmt.Sprintf("%s is listed, but there is no such case", name))
		}
	}
	slices.Sort(problems)
	return problems
}

// score logs the figures for the docs. Cases about features that the server refuses, and cases that
// the driver skips, don't count.
func score(t *testing.T, results map[string]result, list map[string]exception) (passed, counted int) {
	outcomes := map[string]int{}
	for name, r := range results {
		outcomes[r.outcome]++
		if r.outcome == "pass" {
			passed++
			counted++
		} else if list[name].counted {
			counted++
		}
	}
	reasons := map[string]int{}
	for _, e := range list {
		reasons[e.reason]++
	}
	t.Logf("%d cases: %d pass, %d fail, %d are skipped", len(results), outcomes["pass"], outcomes["fail"], outcomes["skip"])
	t.Logf("%d of %d cases about supported features pass", passed, counted)
	for reason, n := range reasons {
		t.Logf("%3d  %s", n, reason)
	}
	return passed, counted
}

// The judge itself is judged, on outcomes that no server gives.
func TestCompareFindsEveryDifference(t *testing.T) {
	results := map[string]result{
		"a.json/passes":        {"pass", ""},
		"a.json/fails":         {"fail", "boom"},
		"a.json/skipped":       {"skip", "too new"},
		"a.json/listed_passes": {"pass", ""},
		"a.json/listed_fails":  {"fail", "boom"},
	}
	list := map[string]exception{
		"a.json/listed_passes": {reason: "refused"},
		"a.json/listed_fails":  {reason: "refused"},
		"a.json/gone":          {reason: "refused"},
	}
	want := []string{
		"a.json/fails: fail, and isn't listed:\nboom",
		"a.json/gone is listed, but there is no such case",
		"a.json/listed_passes passes: take it off the list",
		"a.json/skipped: skip, and isn't listed:\ntoo new",
	}
	if got := compare(results, list); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
