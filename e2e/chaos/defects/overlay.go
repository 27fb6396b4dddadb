package defects

import (
	"encoding/json"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Edit replaces a piece of code that occurs exactly once in a file. An empty Old adds a file.
type Edit struct {
	File     string // relative to the repository's root, or absolute
	Old, New string
}

// Overlay writes edited copies of files in root to dir, and an overlay.json for `go build -overlay`, which it
// returns. Edits of the same file apply in order, to its code without comments; then those of everywhere
// replace all occurrences. The error names an edit that doesn't apply.
func Overlay(root, dir string, edits, everywhere []Edit) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	texts := make(map[string]string)
	for i, e := range slices.Concat(edits, everywhere) {
		path := e.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		text, known := texts[path]
		if !known {
			source, err := os.ReadFile(path)
			if (err == nil) == (e.Old == "") {
				return "", fmt.Errorf("overlay: %s: a file to edit must exist and a new one must not: %v", e.File, err)
			}
			text = code(source)
		}
		switch n := strings.Count(text, e.Old); {
		case e.Old == "" && !known:
			texts[path] = e.New
		case e.Old != "" && (n == 1 || n > 1 && i >= len(edits)):
			texts[path] = strings.ReplaceAll(text, e.Old, e.New)
		default:
			return "", fmt.Errorf("overlay: %s: this occurs %d times, not once:\n%s", e.File, n, e.Old)
		}
	}
	return write(dir, texts)
}

func write(dir string, texts map[string]string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	replace := make(map[string]string, len(texts))
	for original, text := range texts {
		replace[original] = filepath.Join(dir, fmt.Sprintf("%d-%s", len(replace), filepath.Base(original)))
		if err := os.WriteFile(replace[original], []byte(text), 0o644); err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
	}
	encoded, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, encoded, 0o644)
}

// code is a Go file without its comments, so that defects keep matching when only comments change. Directives
// stay.
func code(source []byte) string {
	const comment = "\x00"
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, func(token.Position, string) {}, scanner.ScanComments)
	var text strings.Builder
	copied := 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.COMMENT && !strings.HasPrefix(literal, "//go:") {
			at := file.Offset(pos)
			text.Write(source[copied:at])
			text.WriteString(comment)
			copied = at + len(literal)
		}
	}
	text.Write(source[copied:])
	var lines strings.Builder
	for line := range strings.Lines(text.String()) {
		if bare := strings.ReplaceAll(line, comment, ""); bare == line {
			lines.WriteString(line)
		} else if bare = strings.TrimRight(bare, " \t\n"); bare != "" {
			lines.WriteString(bare + "\n")
		}
	}
	return lines.String()
}
