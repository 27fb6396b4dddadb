package tickets_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo/gridfs"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/tickets"
)

// later runs another instance of the service whose clock is ahead. Its tasks run at once.
func (s *system) later(by time.Duration) {
	s.t.Helper()
	opened, err := tickets.New(s.t.Context(), tickets.Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(s.t), Keys: keys(s.t), Log: servicetest.Log(s.t),
		Now: func() time.Time { return time.Now().Add(by) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	servicetest.Run(s.t, "tickets-later", s.bus, opened)
}

// orphan stores a file that a crash left behind, with more than one chunk.
func (s *system) orphan(ticketID string) string {
	s.t.Helper()
	bucket, err := gridfs.NewBucket(s.db, options.GridFSBucket().SetName("privatefiles").SetChunkSizeBytes(10))
	if err != nil {
		s.t.Fatal(err)
	}
	id := primitive.NewObjectID().Hex()
	if err := bucket.UploadFromStreamWithID(id, ticketID, bytes.NewReader(make([]byte, 15))); err != nil {
		s.t.Fatal(err)
	}
	return id
}

func TestFilesThatACrashLeftAreDeleted(t *testing.T) {
	s := start(t)
	kept, texted, bare := s.list(ada, "Kept", "19.99"), s.list(ada, "Texted", "19.99"), s.list(ada, "Bare", "19.99")
	s.mustUpload(kept, "a.pdf", pdf("CODE"))
	s.mustGive(texted, "CODE")
	s.orphan(kept.ID)   // died before it deleted the replaced file, or before it named the new one
	s.orphan(texted.ID) // replaced by a text
	s.orphan(bare.ID)   // never named
	interrupted := s.orphan(bare.ID)
	if _, err := s.db.Collection("privatefiles.files").DeleteOne(t.Context(), bson.M{"_id": interrupted}); err != nil {
		t.Fatal(err)
	}
	s.wantStored(4, 9)
	s.later(30 * time.Minute) // an upload may still be going on
	s.wantStored(4, 9)
	s.later(2 * time.Hour)
	servicetest.Eventually(t, "the orphans to go", func() bool {
		files, chunks := s.stored()
		return files == 1 && chunks == 1
	})
	if a := s.download(ada, kept); a.Body != pdf("CODE") {
		t.Errorf("the file in use: %d %q", a.Status, a.Body)
	}
}

// The key that sealed a private part can be missing for a while, so its file isn't an orphan.
func TestAFileStaysWhenItsKeyIsUnknown(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.mustUpload(listed, "a.pdf", pdf("CODE"))
	foreign := bson.M{"$set": bson.M{"sealed.keyId": "00000000"}}
	if _, err := s.db.Collection("private").UpdateByID(t.Context(), listed.ID, foreign); err != nil {
		t.Fatal(err)
	}
	doomed := s.list(ada, "Other", "19.99")
	s.orphan(doomed.ID)
	s.later(2 * time.Hour)
	servicetest.Eventually(t, "the orphan to go", func() bool {
		files, _ := s.stored()
		return files == 1
	})
	s.download(ada, listed).Refused(t, http.StatusInternalServerError, "", "Something went wrong")
	s.wantStored(1, 1)
}

func TestTheFileIsInNoListingEventOrDocument(t *testing.T) {
	s := start(t)
	const marker = "CODE-8d1f"
	listed := s.list(ada, "Concert", "19.99")
	s.mustUpload(listed, marker+".pdf", pdf(strings.Repeat(marker, 10)))
	s.deliver(events.OrderCreated{Order: by(bob, order(listed, 1))}, events.OrderCompleted{Order: by(bob, order(listed, 1))})
	if a := s.download(bob, listed); !strings.Contains(a.Body, marker) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	seen := [][]byte{
		[]byte(s.Do(ada, http.MethodGet, "/api/tickets?seller=me", "").Body),
		[]byte(s.Do(bob, http.MethodGet, "/api/tickets/"+listed.ID, "").Body),
	}
	for _, channel := range []string{"ticket:created", "ticket:updated"} {
		seen = append(seen, s.bus.Messages(channel)...)
	}
	for _, collection := range []string{"tickets", "private", "privatefiles.files", "privatefiles.chunks"} {
		document, err := s.db.Collection(collection).FindOne(t.Context(), bson.M{}).Raw()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, document)
	}
	for _, b := range seen {
		if bytes.Contains(b, []byte(marker)) {
			t.Errorf("%s shows in %s", marker, b)
		}
	}
}

// Uploads and texts race before the sale. What the document names is whole, and nothing else is left.
func TestOfRacingUploadsOneIsLeft(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	var racing sync.WaitGroup
	for i := range 6 {
		racing.Go(func() {
			content := pdf("CODE-" + string(rune('a'+i)))
			for s.upload(ada, listed, "a.pdf", content).Status == http.StatusServiceUnavailable { // two at once
			}
		})
		racing.Go(func() { s.give(listed, "CODE") })
	}
	racing.Wait()
	s.mustUpload(listed, "a.pdf", pdf("CODE-z"))
	if a := s.download(ada, listed); a.Body != pdf("CODE-z") {
		t.Errorf("%d %q", a.Status, a.Body)
	}
	s.wantStored(1, 1)
}

// slow is a body that calls a function before its end is read.
type slow struct {
	io.Reader
	atEnd func()
}

func (b slow) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.atEnd()
	}
	return n, err
}

func TestAnUploadThatBeganBeforeTheReservationReplacesNothing(t *testing.T) {
	s := start(t)
	listed, promised := s.list(ada, "Concert", "19.99"), pdf("CODE")
	s.mustUpload(listed, "a.pdf", promised)
	reserve := sync.OnceFunc(func() { s.deliver(events.OrderCreated{Order: by(bob, order(listed, 1))}) })
	upload := s.NewRequest(ada, http.MethodPut, filePath(listed)+"?name=b.pdf", slow{strings.NewReader(pdf("WORTHLESS")), reserve})
	upload.Header.Set("Content-Type", "application/octet-stream")
	upload.Header.Set("Expect", "100-continue") // sends the body when the service reads it, after its first check
	s.Request(upload).Refused(t, http.StatusBadRequest, "", "")
	if a := s.download(ada, listed); a.Status != http.StatusOK || a.Body != promised {
		t.Errorf("the buyer would get %d %q", a.Status, a.Body)
	}
	s.wantStored(1, 1)
}
