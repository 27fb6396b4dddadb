package expiration

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"
)

func TestDueIsTheFirstWholeSecondAtOrAfterTheExpiry(t *testing.T) {
	for expiresAt, want := range map[string]string{
		"2026-03-01T12:00:00Z":           "2026-03-01T12:00:00Z",
		"2026-03-01T12:00:00.000000001Z": "2026-03-01T12:00:01Z",
		"2026-03-01T12:00:00.300Z":       "2026-03-01T12:00:01Z",
		"2026-03-01T12:00:00.999999999Z": "2026-03-01T12:00:01Z",
		"2026-12-31T23:59:59.5Z":         "2027-01-01T00:00:00Z",
		"2026-03-01T12:00:00.3+05:30":    "2026-03-01T06:30:01Z",
		"1969-12-31T23:59:58.3Z":         "1969-12-31T23:59:59Z",
	} {
		if got := (timer{ExpiresAt: parse(t, expiresAt)}).due(); !got.Equal(parse(t, want)) {
			t.Errorf("an order that expires at %s is due at %s, want %s", expiresAt, got, want)
		}
	}
}

// Timers wait in Redis while versions of the service come and go.
func TestPayload(t *testing.T) {
	golden, err := os.ReadFile("testdata/timer.json")
	if err != nil {
		t.Fatal(err)
	}
	want := timer{"65f0c0ffee65f0c0ffee65f0", parse(t, "2026-03-01T12:15:00.300Z")}
	var got timer
	if err := json.Unmarshal(golden, &got); err != nil || got != want {
		t.Errorf("decoded %+v, %v; want %+v", got, err, want)
	}
	if encoded, err := json.Marshal(want); err != nil || !bytes.Equal(encoded, bytes.TrimSpace(golden)) {
		t.Errorf("encoded %s, %v; want %s", encoded, err, golden)
	}
}

func parse(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
