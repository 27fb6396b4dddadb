package defects

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Edit replaces a text that occurs exactly once in a file. Where Old is empty, the file is a new one.
type Edit struct {
	File     string // relative to the repository's root, or absolute
	Old, New string
}

// overlay is what `go build -overlay` reads.
type overlay struct{ Replace map[string]string }

// Overlay writes changed copies of the files in root that the edits name into dir, which must be there
// as long as it is built from, and beside them the file for `go build -overlay`. Edits of one file apply
// one after the other. The error names the edit whose text does not occur exactly once.
func Overlay(root, dir string, edits ...Edit) (file string, err error) {
	root, err1 := filepath.Abs(root)
	dir, err2 := filepath.Abs(dir)
	if err := errors.Join(err1, err2); err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	changed, err := apply(root, edits)
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	o := overlay{Replace: make(map[string]string, len(changed))}
	for original, text := range changed {
		o.Replace[original] = filepath.Join(dir, fmt.Sprintf("%d-%s", len(o.Replace), filepath.Base(original)))
		if err := os.WriteFile(o.Replace[original], []byte(text), 0o644); err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
	}
	encoded, err := json.MarshalIndent(o, "", "\t")
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	file = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, encoded, 0o644); err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	return file, nil
}

// apply returns the changed text of each file, by its absolute path.
func apply(root string, edits []Edit) (map[string]string, error) {
	changed := make(map[string]string)
	for _, e := range edits {
		path := e.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		text, known := changed[path]
		if !known {
			var err error
			if text, err = before(path, e); err != nil {
				return nil, err
			}
		}
		if e.Old == "" {
			if known {
				return nil, fmt.Errorf("%s: it is to be new and is there already", e.File)
			}
			changed[path] = e.New
			continue
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("%s: this occurs %d times, not once:\n%s", e.File, n, e.Old)
		}
		changed[path] = strings.Replace(text, e.Old, e.New, 1)
	}
	return changed, nil
}

// before reads a file that is to be changed, or sees that it is not there if it is to be new.
func before(path string, e Edit) (string, error) {
	text, err := os.ReadFile(path)
	switch {
	case e.Old != "":
		return string(text), err
	case err == nil:
		return "", fmt.Errorf("%s: it is to be new and is there already", e.File)
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	}
	return "", err
}
