package mongo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
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
	for name, damage := range map[string]func([]byte) []byte{
		"overwritten": func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) },
		"cut off":     func(b []byte) []byte { return b[:len(b)-os.Getpagesize()] },
		"cut in half": func(b []byte) []byte { return b[:len(b)/2] },
		"a few bytes": func(b []byte) []byte { return b[:100] },
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := filled(t)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := damage(content)
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(Options{Dir: dir, Addr: "127.0.0.1:0"}); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("error %v", err)
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, damaged) {
				t.Error("the file was changed")
			}
		})
	}
}

// After a clean stop, the file survives the loss of either of its two descriptions.
func TestEitherDescriptionOfTheFileIsEnough(t *testing.T) {
	for n := range 2 {
		dir, path := filled(t)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copy(content[n*os.Getpagesize()+magicAt:], "garbage")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, client := start(t, dir, nil)
		if count, err := client.Database("db").Collection("docs").CountDocuments(t.Context(), bson.M{}); err != nil || count != 100 {
			t.Errorf("without description %d: %d documents, %v", n, count, err)
		}
	}
}

// filled is the directory, and the file in it, of a server that has stopped.
func filled(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	s, client := start(t, dir, nil)
	for n := range 100 {
		insert(t, client.Database("db").Collection("docs"), bson.M{"_id": n, "text": strings.Repeat("x", 1000)})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, dataFile)
}
