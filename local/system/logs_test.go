package system

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestReadable(t *testing.T) {
	const line = `{"time":"2026-01-02T15:04:05Z","level":"WARN","msg":"order is overdue","service":"orders","order":"65a1","left":3,"why":"a \"b\""}`
	if _, got := readable("orders", []byte(line), slog.LevelWarn); got != `WARN  orders: order is overdue left=3 order=65a1 why="a \"b\""` {
		t.Errorf("shown as %q", got)
	}
	if _, got := readable("orders", []byte(line), slog.LevelError); got != "" {
		t.Errorf("below the level it is shown as %q", got)
	}
	if _, got := readable("orders", []byte("panic: oh"), slog.LevelError); got != "orders: panic: oh" {
		t.Errorf("a panic is shown as %q", got)
	}
}

func TestLogsKeepAllAndShowWarnings(t *testing.T) {
	var shown bytes.Buffer
	l, err := openLogs(t.TempDir(), &shown, false)
	if err != nil {
		t.Fatal(err)
	}
	j, err := l.journal("auth")
	if err != nil {
		t.Fatal(err)
	}
	log := l.logger(j, slog.LevelInfo)
	log.Debug("one")
	log.Info("two")
	log.Warn("three")
	log.Warn("three")
	if err := l.close(); err != nil {
		t.Fatal(err)
	}

	kept, err := os.ReadFile(l.file("auth"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(kept); strings.Contains(text, "one") || !strings.Contains(text, "two") || strings.Count(text, "three") != 2 {
		t.Errorf("kept:\n%s", text)
	}
	if text := shown.String(); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, " WARN  auth: three\n") {
		t.Errorf("shown:\n%s", text)
	}
}

func TestLinesWaitForTheirEnd(t *testing.T) {
	var got []string
	l := &lines{add: func(line []byte) error { got = append(got, string(line)); return nil }}
	for _, piece := range []string{"a", "b\nc\n", "\nd"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := "ab|c|"; strings.Join(got, "|") != want {
		t.Errorf("lines %q; want %q", strings.Join(got, "|"), want)
	}
}
