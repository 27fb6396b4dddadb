package system

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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
