package expiration

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"ticketing.dev/common/outage"
)

func TestAnOutageIsLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	away := outage.New(log, "began", "over")
	asynq := logger{log, away}
	for _, err := range []error{nil, errors.New("a"), errors.New("b"), nil, nil} {
		away.Report(err)
		asynq.Error("dequeue: ", err)
		asynq.Warn("retry: ", err)
	}
	want := []string{
		`level=ERROR msg="asynq: dequeue: <nil>"`,
		`level=WARN msg="asynq: retry: <nil>"`,
		`level=ERROR msg=began error=a`,
		`level=INFO msg=over`,
		`level=ERROR msg="asynq: dequeue: <nil>"`,
		`level=WARN msg="asynq: retry: <nil>"`,
		`level=ERROR msg="asynq: dequeue: <nil>"`,
		`level=WARN msg="asynq: retry: <nil>"`,
	}
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != len(want) {
		t.Fatalf("logged %d lines, want %d:\n%s", len(got), len(want), &out)
	}
	for i := range want {
		if !strings.HasSuffix(got[i], want[i]) {
			t.Errorf("line %d is %s, want %s", i, got[i], want[i])
		}
	}
}
