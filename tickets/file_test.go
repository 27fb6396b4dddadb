package tickets_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
)

// pdf is a PDF as far as its first and last bytes say.
func pdf(content string) string { return "%PDF-1.7\n" + content + "\n%%EOF\n" }

// images are a small PNG and a small JPEG.
func images(t *testing.T) (asPNG, asJPEG string) {
	t.Helper()
	var p, j bytes.Buffer
	dot := image.NewGray(image.Rect(0, 0, 1, 1))
	if err := png.Encode(&p, dot); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, dot, nil); err != nil {
		t.Fatal(err)
	}
	return p.String(), j.String()
}

type givenFile struct {
	Given bool   `json:"given"`
	Text  string `json:"text"`
	File  *struct {
		Name string `json:"name"`
		Type string `json:"type"`
		Size int    `json:"size"`
	} `json:"file"`
	OpenedAt string `json:"openedAt"`
	CanGive  bool   `json:"canGive"`
}

func filePath(t ticket) string { return privatePath(t) + "/file" }

func (s *system) upload(user session.User, t ticket, name, content string) servicetest.Answer {
	return s.Send(user, http.MethodPut, filePath(t)+"?name="+name, "application/octet-stream", content)
}

func (s *system) mustUpload(t ticket, name, content string) givenFile {
	s.t.Helper()
	return servicetest.Decode[givenFile](s.t, s.upload(ada, t, name, content), http.StatusOK)
}

func (s *system) download(user session.User, t ticket) servicetest.Answer {
	return s.Do(user, http.MethodGet, filePath(t), "")
}

// stored counts the files and chunks in GridFS.
func (s *system) stored() (files, chunks int64) {
	s.t.Helper()
	files, err1 := s.db.Collection("privatefiles.files").CountDocuments(s.t.Context(), bson.M{})
	chunks, err2 := s.db.Collection("privatefiles.chunks").CountDocuments(s.t.Context(), bson.M{})
	if err1 != nil || err2 != nil {
		s.t.Fatal(err1, err2)
	}
	return files, chunks
}

func (s *system) wantStored(files, chunks int64) {
	s.t.Helper()
	if f, c := s.stored(); f != files || c != chunks {
		s.t.Errorf("%d files and %d chunks, want %d and %d", f, c, files, chunks)
	}
}

func TestOnlyTheSellerAndTheBuyerDownloadTheFile(t *testing.T) {
	s := start(t)
	listed, content := s.list(ada, "Concert", "19.99"), pdf("CODE-1")
	shown := s.mustUpload(listed, "Row%20A.pdf", content)
	if f := shown.File; !shown.Given || f == nil || f.Name != "Row A.pdf" || f.Type != "application/pdf" || f.Size != len(content) {
		t.Errorf("given as %+v, %+v", shown, f)
	}
	refused := func(when string, users ...session.User) {
		t.Helper()
		for _, user := range append(users, servicetest.Nobody) {
			if a := s.download(user, listed); a.Status != http.StatusUnauthorized || strings.Contains(a.Body, "CODE") {
				t.Errorf("%s, %q downloads %d", when, user.Email, a.Status)
			}
		}
	}
	refused("free", bob, eve)
	s.deliver(events.OrderCreated{Order: by(bob, order(listed, 1))})
	refused("reserved", bob, eve)
	s.deliver(events.OrderCompleted{Order: by(bob, order(listed, 1))})
	refused("sold", eve)

	opened := func() string {
		return servicetest.Decode[givenFile](t, s.Do(bob, http.MethodGet, privatePath(listed), ""), http.StatusOK).OpenedAt
	}
	if at := opened(); at != "" {
		t.Error("the buyer opened the file without downloading it")
	}
	a := s.download(bob, listed)
	if a.Status != http.StatusOK || a.Body != content {
		t.Errorf("the buyer downloads %d, %d bytes", a.Status, len(a.Body))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": `attachment; filename="Row A.pdf"`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if opened() == "" {
		t.Error("the seller doesn't see that the buyer has opened the file")
	}
}

func TestAFileIsJudgedByItsContent(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	asPNG, asJPEG := images(t)
	for _, c := range []struct{ sent, content, name, kind string }{
		{"a.pdf", pdf(""), "a.pdf", "application/pdf"},
		{"a.PNG", asPNG, "a.PNG", "image/png"},
		{"a.jpeg", asJPEG, "a.jpeg", "image/jpeg"},
		{"a.html", asPNG, "a.html.png", "image/png"},
		{"", asJPEG, "ticket.jpg", "image/jpeg"},
		{"..%2F..%2Fetc%2Fa", pdf(""), "a.pdf", "application/pdf"},
		{"C%3A%5CTickets%5Ca.pdf", pdf(""), "a.pdf", "application/pdf"},
		{"Z%C3%BCrich%20%22A%22.pdf", pdf(""), `Zürich "A".pdf`, "application/pdf"},
		{"whole.pdf", pdf(strings.Repeat("x", 5<<20-len(pdf("")))), "whole.pdf", "application/pdf"},
	} {
		if f := s.mustUpload(listed, c.sent, c.content).File; f == nil || f.Name != c.name || f.Type != c.kind {
			t.Errorf("%q is %+v", c.sent, f)
		}
		if a := s.download(ada, listed); a.Body != c.content {
			t.Errorf("%q comes back with %d bytes, want %d", c.sent, len(a.Body), len(c.content))
		}
	}
	const other, bad = "File must be a PDF, PNG or JPEG", http.StatusBadRequest
	for name, content := range map[string]string{
		"text": "hello", "html": "<html>%PDF-1.7 %%EOF", "gif": "GIF89a", "half a PDF": "%PDF-1.7\n", "half a PNG": asPNG[:12],
	} {
		t.Log(name)
		s.upload(ada, listed, "a.pdf", content).Refused(t, bad, "file", other)
	}
	s.upload(ada, listed, "a.pdf", "").Refused(t, bad, "file", "File is required")
	s.upload(ada, listed, "a.pdf", pdf(strings.Repeat("x", 5<<20))).Refused(t, http.StatusRequestEntityTooLarge, "file", "File must have at most 5 MB")
	s.upload(ada, listed, "a%E2%80%AEfdp.exe", pdf("")).Refused(t, bad, "name",
		"Name must not contain control characters or characters that change the direction of text")
	s.upload(ada, listed, strings.Repeat("a", 97), pdf("")).Refused(t, bad, "name", "Name must have at most 100 characters")
	s.upload(bob, listed, "a.pdf", pdf("")).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.upload(servicetest.Nobody, listed, "a.pdf", pdf("")).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	s.upload(ada, ticket{ID: missing}, "a.pdf", pdf("")).Refused(t, http.StatusNotFound, "", "Not found")
	s.wantStored(1, 21) // the largest one, and nothing of those refused
}

func TestAReplacedOrRemovedFileLeavesNothing(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.mustUpload(listed, "a.pdf", pdf("CODE-1"))
	s.mustUpload(listed, "b.pdf", pdf("CODE-2"))
	s.wantStored(1, 1)
	s.mustGive(listed, "CODE-3")
	s.wantStored(0, 0)
	s.download(ada, listed).Refused(t, http.StatusNotFound, "", "Not found")
	if f := s.mustUpload(listed, "c.pdf", pdf("CODE-4")); f.Text != "" {
		t.Errorf("beside a file: %+v", f)
	}
	remove := func(user session.User) servicetest.Answer {
		return s.Do(user, http.MethodDelete, privatePath(listed), "")
	}
	remove(bob).Refused(t, http.StatusUnauthorized, "", "Not authorized")
	for range 2 {
		if a := remove(ada); a.Status != http.StatusNoContent || a.Body != "" {
			t.Errorf("removed: %d %s", a.Status, a.Body)
		}
	}
	s.wantStored(0, 0)
	if p := s.readPrivate(ada, listed); p.Given || p.GivenAt != "" {
		t.Errorf("after the removal: %+v", p)
	}
}

func TestAGivenPrivatePartStaysWhileTheTicketIsReserved(t *testing.T) {
	s := start(t)
	given, without := s.list(ada, "Given", "19.99"), s.list(ada, "Without", "19.99")
	s.mustUpload(given, "a.pdf", pdf("CODE-1"))
	for _, reserved := range []ticket{given, without} {
		s.deliver(events.OrderCreated{Order: by(bob, order(reserved, 1))})
	}
	const fixed = "A reserved ticket can't be changed"
	s.upload(ada, given, "b.pdf", pdf("CODE-2")).Refused(t, http.StatusBadRequest, "", fixed)
	s.give(given, "CODE-2").Refused(t, http.StatusBadRequest, "", fixed)
	s.Do(ada, http.MethodDelete, privatePath(given), "").Refused(t, http.StatusBadRequest, "", fixed)
	if p := servicetest.Decode[givenFile](t, s.Do(ada, http.MethodGet, privatePath(given), ""), http.StatusOK); p.CanGive {
		t.Error("a reserved ticket's private part says that it can be replaced")
	}
	s.mustUpload(without, "a.pdf", pdf("CODE-3"))
	s.deliver(events.OrderCancelled{Order: by(bob, order(given, 1))})
	s.mustUpload(given, "b.pdf", pdf("CODE-2"))
	s.deliver(events.OrderCompleted{Order: by(bob, order(given, 2))})
	s.upload(ada, given, "c.pdf", pdf("CODE-4")).Refused(t, http.StatusBadRequest, "", "The buyer already has this. It can't be changed anymore.")
	if a := s.download(bob, given); a.Body != pdf("CODE-2") {
		t.Errorf("the buyer downloads %d %q", a.Status, a.Body)
	}
}
