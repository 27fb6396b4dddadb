package system

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// readable turns a line of slog's JSON into one for people, such as
//
//	15:04:05 WARN  orders: order is overdue: no expiration event order=65a1…
//
// without the time, which comes apart from it. It is empty for what is below the level. A line that is
// no JSON, as a panic writes, is shown as it is.
func readable(name string, line []byte, from slog.Level) (clock, text string) {
	var fields map[string]any
	if json.Unmarshal(line, &fields) != nil {
		return time.Now().Format(time.TimeOnly), fmt.Sprintf("%s: %s", name, line)
	}
	var head struct {
		Time  time.Time
		Level slog.Level
		Msg   string
	}
	if json.Unmarshal(line, &head) != nil || head.Level < from {
		return "", ""
	}
	for _, shown := range []string{"time", "level", "msg", "service"} {
		delete(fields, shown)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-5s %s: %s", head.Level, name, head.Msg)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, " %s=%s", key, value(fields[key]))
	}
	return head.Time.Local().Format(time.TimeOnly), b.String()
}

// value quotes what would not be seen as one word.
func value(v any) string {
	text, ok := v.(string)
	if !ok {
		encoded, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(encoded)
	}
	if text == "" || strings.ContainsAny(text, " \t\n\"=") {
		return fmt.Sprintf("%q", text)
	}
	return text
}
