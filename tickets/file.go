package tickets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the formats of images that sellers upload
	_ "image/png"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/text"
)

const (
	// maxFile is the size of the largest file, in bytes.
	maxFile = 5 << 20
	// maxFileName is the length of the longest file name, in characters.
	maxFileName = 100
)

// File describes a file that the buyer of a ticket gets.
type File struct {
	// ID is new for each upload.
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

// extensions are the types of files that the buyer can get, judged by their content.
var extensions = map[string][]string{
	"application/pdf": {".pdf"},
	"image/png":       {".png"},
	"image/jpeg":      {".jpg", ".jpeg"},
}

var errFileType = problem.Field("file", "File must be a PDF, PNG or JPEG")

// checkFile describes a file, or returns an error if it isn't acceptable.
func checkFile(name string, content []byte) (File, error) {
	if len(content) == 0 {
		return File{}, problem.Field("file", "File is required")
	}
	kind := http.DetectContentType(content)
	if extensions[kind] == nil || !isWhole(kind, content) {
		return File{}, errFileType
	}
	name, err := checkFileName(name, kind)
	return File{Name: name, Type: kind, Size: len(content)}, err
}

// isWhole reports whether content is more than the first bytes of its type.
func isWhole(kind string, content []byte) bool {
	if kind == "application/pdf" {
		return bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF"))
	}
	_, _, err := image.DecodeConfig(bytes.NewReader(content))
	return err == nil
}

// checkFileName cleans the name of a file. It ends as files of its type do, whatever the seller called it.
func checkFileName(name, kind string) (string, error) {
	name = text.Clean(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == "/" || name == "" {
		name = "ticket"
	}
	if fault := text.Line(name); fault != "" {
		return "", problem.Field("name", "Name "+string(fault))
	}
	if endings := extensions[kind]; !slices.Contains(endings, strings.ToLower(path.Ext(name))) {
		name += endings[0]
	}
	if utf8.RuneCountInString(name) > maxFileName {
		return "", problem.Field("name", fmt.Sprintf("Name must have at most %d characters", maxFileName))
	}
	return name, nil
}

// giveFile makes a file the private part of a ticket.
func (s *Service) giveFile(ctx context.Context, t *Ticket, user string, f File, content []byte) (*ticketPart, error) {
	f.ID = newFileID(s.now())
	description, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	if err := s.files.store(ctx, f.ID, t.ID, s.keys.Seal(placeOfContent(t.ID, f.ID), content)); err != nil {
		return nil, err
	}
	p, err := s.replace(ctx, t.ID, func(p *Private, t *Ticket) error {
		return p.Give(t, user, s.keys.Seal(placeOfFile(t.ID), description), s.millisecond())
	})
	if _, refused := errors.AsType[*problem.Error](err); refused { // after any other error, the change may be committed
		return nil, errors.Join(err, s.files.delete(ctx, f.ID))
	}
	return p, err
}

// readFile reads the file of a ticket for the seller or the buyer.
func (s *Service) readFile(ctx context.Context, id, user string) (*File, []byte, error) {
	p, err := s.read(ctx, id, user)
	if err != nil {
		return nil, nil, err
	}
	if p.Sealed == nil {
		return nil, nil, problem.ErrNotFound
	}
	has, err := s.keys.given(id, p.Sealed)
	if err != nil {
		return nil, nil, err
	}
	if has.file == nil {
		return nil, nil, problem.ErrNotFound
	}
	sealed, err := s.files.load(ctx, has.file.ID)
	if err != nil {
		return nil, nil, err
	}
	content, err := s.keys.Open(placeOfContent(id, has.file.ID), sealed)
	if err != nil {
		return nil, nil, err
	}
	_, err = s.private.Update(ctx, id, func(p *Private) error { return p.Read(user, s.millisecond()) })
	return has.file, content, err
}
