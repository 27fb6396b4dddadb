package tickets

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/session"
)

// transfersBusyAfter is when a client should try again that found no room for a file.
const transfersBusyAfter = 5 * time.Second

// newTransfers limits the files in memory. An upload takes up to 27 MiB: the file, its ciphertext and the driver's
// buffer.
func newTransfers() ratelimit.Seats[string] {
	return ratelimit.Seats[string]{Max: 3, MaxEach: 2, Refusal: busy("Too many files are being transferred. Please try again in a moment.", transfersBusyAfter)}
}

// upload takes a file as the body of the request. It refuses what it can before it reads the body.
func (s *Service) upload(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	ticket, err := s.givable(r, user.ID)
	if err != nil {
		return err
	}
	leave, err := s.transfer.Take(user.ID)
	if err != nil {
		return err
	}
	defer leave()
	content, err := readFile(w, r)
	if err != nil {
		return err
	}
	file, err := checkFile(r.URL.Query().Get("name"), content)
	if err != nil {
		return err
	}
	p, err := s.giveFile(r.Context(), ticket, user.ID, file, content)
	return s.answerPrivate(r.Context(), w, p, user, err)
}

// givable reads a ticket whose private part the user can give.
func (s *Service) givable(r *http.Request, user string) (*Ticket, error) {
	p, err := s.read(r.Context(), chi.URLParam(r, "id"), user)
	if err != nil {
		return nil, err
	}
	return p.ticket, p.changeable(p.ticket, user)
}

// readFile reads the body of an upload.
func readFile(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxFile {
		return nil, errFileSize
	}
	var content bytes.Buffer
	if r.ContentLength > 0 {
		content.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := content.ReadFrom(http.MaxBytesReader(w, r.Body, maxFile))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, errFileSize
	}
	if err != nil {
		return nil, problem.Field("file", "File did not arrive completely")
	}
	return content.Bytes(), nil
}

var errFileSize = &problem.Error{
	Kind:    problem.TooLarge,
	Details: []problem.Detail{{Message: fmt.Sprintf("File must have at most %d MB", maxFile>>20), Field: "file"}},
}

// download sends the file to the seller or the buyer. Browsers store it and never show it as a page of this site.
func (s *Service) download(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	leave, err := s.transfer.Take(user.ID)
	if err != nil {
		return err
	}
	defer leave()
	file, content, err := s.readFile(r.Context(), chi.URLParam(r, "id"), user.ID)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", file.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(content) // fails if the client has disconnected
	return nil
}
