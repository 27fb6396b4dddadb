package defects

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"ticketing.dev/local/system"
)

// SkewVariable is the environment variable that shifts the clock of a program built with the edits of Skew:
// a duration such as "3s" or "-1500ms".
const SkewVariable = "CLOCK_SKEW"

// clocks are the packages that compare times of day.
var clocks = append([]string{"common/aggregate", "common/session"}, system.Services...)

// Skew shifts the time of day in services by SkewVariable. Timeouts and measured durations stay right, as they
// do when a machine's clock is off. Timers run in asynq, by the machine's clock: Skew shifts when they are due.
func Skew(root string) ([]Edit, error) {
	edits := []Edit{{"expiration/store.go", "asynq.ProcessAt(t.due())", "asynq.ProcessAt(skewed(t.due)())"}}
	for _, dir := range clocks {
		edits = append(edits, Edit{dir + "/skew.go", "", "package " + path.Base(dir) + skewed})
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if !strings.HasSuffix(file, "_test.go") && strings.Contains(code(source), "time.Now") {
				edits = append(edits, Edit{dir + "/" + filepath.Base(file), "time.Now", "skewed(time.Now)"})
			}
		}
	}
	return edits, nil
}

const skewed = `

import (
	"os"
	"time"
)

var skew = func() time.Duration {
	value := os.Getenv("` + SkewVariable + `")
	if value == "" {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		panic("` + SkewVariable + `: " + err.Error())
	}
	return d
}()

func skewed(now func() time.Time) func() time.Time {
	return func() time.Time { return now().Round(0).Add(skew) }
}
`
