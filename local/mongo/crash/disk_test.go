package crash

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
)

// fill inserts documents of 1 KiB, with an index, and says how many were acknowledged.
func fill(t *testing.T, c *driver.Collection, from, n int) (acknowledged int, err error) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if _, err := c.InsertOne(t.Context(), bson.M{"_id": i, "key": i, "text": strings.Repeat("x", 1000)}); err != nil {
			return acknowledged, err
		}
		acknowledged++
	}
	return acknowledged, nil
}

// A disk that is full refuses writes by an error of its own, and harms nothing.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	p := run(t, dir)
	first, err := fill(t, connect(t, p.uri).Collection("things"), 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	p.stop(t)

	_, size := largest(t, dir)
	p = run(t, dir, serveLimit+"="+strconv.FormatInt(size+1<<20, 10))
	c := connect(t, p.uri).Collection("things")
	second, err := fill(t, c, first, 100_000)
	refused, ok := err.(driver.ServerError)
	if !ok || strings.Contains(err.Error(), "socket") {
		t.Fatalf("a full disk: %v", err)
	}
	t.Logf("after %d insertions: %v", second, refused)
	if n := count(t, c, bson.M{}); n != first+second {
		t.Errorf("%d documents can be read beside a full disk, want %d", n, first+second)
	}
	p.stop(t)

	p = run(t, dir)
	c = connect(t, p.uri).Collection("things")
	if n := count(t, c, bson.M{"_id": bson.M{"$lt": first + second}}); n != first+second {
		t.Errorf("%d documents are there afterwards, want %d", n, first+second)
	}
	if _, err := fill(t, c, 1_000_000, 500); err != nil {
		t.Errorf("write with space again: %v", err)
	}
	p.stop(t)
}

// largest is the file that holds the data.
func largest(t *testing.T, dir string) (path string, size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > size {
			path, size = at, info.Size()
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatalf("no data in %s: %v", dir, err)
	}
	return path, size
}

// What a power cut leaves of the file is opened with all data, or refused with an error and left alone.
// It never ends in a crash or in data that is wrong.
func TestTornFiles(t *testing.T) {
	const page = 4096
	for name, tear := range map[string]func(content []byte) []byte{
		"the last page is missing":    func(b []byte) []byte { return b[:len(b)-page] },
		"half of the file is missing": func(b []byte) []byte { return b[:len(b)/2/page*page] },
		"it ends within a page":       func(b []byte) []byte { return b[:len(b)-page-100] },
		"one meta page is garbage":    func(b []byte) []byte { copy(b[16:], "garbage garbage garbage garbage"); return b },
		"both meta pages are zero":    func(b []byte) []byte { clear(b[:2*page]); return b },
		"it is empty but for a byte":  func(b []byte) []byte { return b[:1] },
		"it is something else":        func(b []byte) []byte { return []byte(strings.Repeat("not a database\n", 1000)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := run(t, dir)
			n, err := fill(t, connect(t, p.uri).Collection("things"), 0, 300)
			if err != nil {
				t.Fatal(err)
			}
			p.stop(t)
			path, _ := largest(t, dir)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			torn := tear(content)
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			checkTorn(t, dir, path, torn, n)
		})
	}
}

func checkTorn(t *testing.T, dir, path string, torn []byte, n int) {
	t.Helper()
	before := sha256.Sum256(torn)
	p, err := start(t, dir)
	if err != nil {
		t.Log(err)
		if text := err.Error(); strings.Contains(text, "goroutine ") || strings.Contains(text, "signal") {
			t.Errorf("it crashed: %s", text)
		}
		after, err := os.ReadFile(path)
		if err != nil || sha256.Sum256(after) != before {
			t.Errorf("a file that was refused has changed (%v)", err)
		}
		return
	}
	c := connect(t, p.uri).Collection("things")
	if byID, byKey := count(t, c, bson.M{}), count(t, c, bson.M{"key": bson.M{"$gte": 0}}); byID != n || byKey != n {
		t.Errorf("it opened with %d and %d of %d documents", byID, byKey, n)
	}
	p.stop(t)
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	p := run(t, dir)
	c := connect(t, p.uri).Collection("things")
	if _, err := fill(t, c, 0, 10); err != nil {
		t.Fatal(err)
	}
	if second, err := start(t, dir); err == nil {
		second.kill()
		t.Fatal("two servers on one directory")
	} else if !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "goroutine ") {
		t.Errorf("the error doesn't name the directory: %v", err)
	}
	if n, err := fill(t, c, 10, 10); n != 10 || count(t, c, bson.M{}) != 20 {
		t.Errorf("the first server is disturbed: %v", err)
	}
	p.stop(t)
}
