package system

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// logs keeps the output of each part in <name>.log and shows warnings and errors on the terminal. The parts
// write lines of JSON.
type logs struct {
	dir  string
	show io.Writer
	from slog.Level

	mu       sync.Mutex // also of show: lines are whole
	journals map[string]*journal
}

func openLogs(dir string, show io.Writer, verbose bool) (*logs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	l := &logs{dir: dir, show: show, from: slog.LevelWarn, journals: make(map[string]*journal)}
	if verbose {
		l.from = slog.LevelDebug
	}
	return l, nil
}

func (l *logs) file(name string) string { return filepath.Join(l.dir, name+".log") }

// journal is where a part writes. Replicas share one.
func (l *logs) journal(name string) (*journal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j, ok := l.journals[name]; ok {
		return j, nil
	}
	file, err := os.OpenFile(l.file(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	j := &journal{name: name, file: file, logs: l}
	l.journals[name] = j
	return j, nil
}

// logger writes to a journal, as a service's own program does.
func (l *logs) logger(j *journal, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(j.writer(), &slog.HandlerOptions{Level: level})).With("service", j.name)
}

func (l *logs) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, j := range l.journals {
		errs = append(errs, j.file.Close())
	}
	return errors.Join(errs...)
}

// journal is the log of one part.
type journal struct {
	name string
	file *os.File
	logs *logs
	last string // shown
}

// add writes a line to the file, and shows it if it matters. A part that waits for something repeats itself:
// the same line is shown once.
func (j *journal) add(line []byte) error {
	j.logs.mu.Lock()
	defer j.logs.mu.Unlock()
	if clock, text := readable(j.name, line, j.logs.from); text != "" && text != j.last {
		j.last = text
		_, _ = fmt.Fprintln(j.logs.show, clock, text) // if that fails, the file has it
	}
	_, err := j.file.Write(append(line, '\n'))
	return err
}

// writer takes the output of one process.
func (j *journal) writer() io.Writer { return &lines{add: j.add} }

// lines splits what's written into lines, in whatever pieces it comes.
type lines struct {
	mu   sync.Mutex
	rest []byte
	add  func(line []byte) error
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.rest = bytes.Clone(rest)
		if err := l.add(bytes.Clone(line)); err != nil {
			return 0, err
		}
	}
}

// readable turns a line of slog's JSON into one for people, such as
//
//	15:04:05 WARN  orders: order is overdue: no expiration event order=65a1…
//
// and returns its time separately. The text is empty below the level. A line that isn't JSON, such as one of a
// panic, stays as it is.
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

// value quotes what wouldn't read as one word.
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
