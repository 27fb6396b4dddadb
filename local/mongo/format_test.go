package mongo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestForeignDirectoriesAreNamedAndLeftAlone(t *testing.T) {
	for name, test := range map[string]struct{ file, content, want string }{
		"FerretDB's":          {"orders.sqlite", "SQLite format 3", "FerretDB"},
		"a newer format":      {formatFile, "2\n", "newer version"},
		"no number":           {formatFile, "one", "format number"},
		"a format of 0":       {formatFile, "0", "unknown format 0"},
		"data, but no format": {dataFile, "bolt", "no format file"},
		"MongoDB's own":       {"WiredTiger", "", "WiredTiger"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(Options{Dir: dir, Addr: "127.0.0.1:0"})
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q; want it to name %q and the directory", err, test.want)
			}
			entries, _ := os.ReadDir(dir)
			if content, _ := os.ReadFile(filepath.Join(dir, test.file)); len(entries) != 1 || string(content) != test.content {
				t.Errorf("the directory was changed: %v", entries)
			}
		})
	}
}

func TestADirectoryHasOneServer(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, nil)
	if _, err := Open(Options{Dir: dir, Addr: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("error %v", err)
	}
}

func TestADamagedFileIsLeftAsItIs(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, dataFile)
	damaged := strings.Repeat("x", 64<<10)
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, Addr: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v", err)
	}
	if content, _ := os.ReadFile(path); string(content) != damaged {
		t.Error("the file was changed")
	}
}
