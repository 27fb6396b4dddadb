package tickets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/gridfs"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/problem"
)

const (
	// bucketName begins the names of GridFS's collections.
	bucketName = "privatefiles"
	// orphanAge is how old a file must be before it can count as an orphan: far longer than an upload takes.
	orphanAge   = time.Hour
	orphanEvery = time.Hour
	orphanBatch = 500
)

// files stores the encrypted content of files in GridFS. A file is stored before the private part names it, and deleted
// after the private part has stopped naming it. A crash in between leaves an orphan, which deleteOrphans finds.
type files struct{ db *mongo.Database }

// bucket opens GridFS for one operation, because the deadline belongs to the bucket.
func (f files) bucket(ctx context.Context) (*gridfs.Bucket, error) {
	b, err := gridfs.NewBucket(f.db, options.GridFSBucket().SetName(bucketName))
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	return b, errors.Join(b.SetReadDeadline(deadline), b.SetWriteDeadline(deadline))
}

// store stores content under a new id. The id begins with the time, so ids sort by age.
func (f files) store(ctx context.Context, id, ticketID string, sealed *Sealed) error {
	b, err := f.bucket(ctx)
	if err != nil {
		return err
	}
	about := options.GridFSUpload().SetMetadata(bson.M{"keyId": sealed.KeyID})
	if err := b.UploadFromStreamWithID(id, ticketID, bytes.NewReader(sealed.Data), about); err != nil {
		return fmt.Errorf("store file %s: %w", id, err)
	}
	return nil
}

// load reads what was stored. The error is problem.ErrNotFound if the file was deleted.
func (f files) load(ctx context.Context, id string) (*Sealed, error) {
	b, err := f.bucket(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := b.OpenDownloadStream(id)
	if errors.Is(err, gridfs.ErrFileNotFound) {
		return nil, problem.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open file %s: %w", id, err)
	}
	defer stream.Close()
	sealed := &Sealed{Data: make([]byte, stream.GetFile().Length)}
	if err := bson.Unmarshal(stream.GetFile().Metadata, sealed); err != nil {
		return nil, fmt.Errorf("read the key of file %s: %w", id, err)
	}
	if _, err := io.ReadFull(stream, sealed.Data); err != nil {
		return nil, fmt.Errorf("read file %s: %w", id, err)
	}
	return sealed, nil
}

// delete deletes a file and its chunks, if there are any.
func (f files) delete(ctx context.Context, id string) error {
	b, err := f.bucket(ctx)
	if err != nil {
		return err
	}
	if err := b.DeleteContext(ctx, id); err != nil && !errors.Is(err, gridfs.ErrFileNotFound) {
		return fmt.Errorf("delete file %s: %w", id, err)
	}
	return nil
}

func newFileID(now time.Time) string { return primitive.NewObjectIDFromTimestamp(now).Hex() }

// deleteOrphans deletes files that no private part names. It looks at first chunks, since a crash during an upload
// leaves chunks without a file.
func (s *Service) deleteOrphans(ctx context.Context) error {
	before := newFileID(s.now().Add(-orphanAge))
	for after := ""; ; {
		stored, err := s.files.olderThan(ctx, before, after)
		if err != nil {
			return err
		}
		for _, f := range stored {
			if err := s.deleteOrphan(ctx, f); err != nil {
				return err
			}
		}
		if len(stored) < orphanBatch {
			return nil
		}
		after = stored[len(stored)-1].ID
	}
}

// storedFile is a file in GridFS. TicketID is empty if its upload was interrupted.
type storedFile struct {
	ID       string `bson:"_id"`
	TicketID string `bson:"filename"`
}

// olderThan lists a batch of the files whose ids are between two, in the order of the ids.
func (f files) olderThan(ctx context.Context, before, after string) ([]storedFile, error) {
	first := bson.M{"files_id": bson.M{"$gt": after, "$lt": before}, "n": 0}
	byID := options.Find().SetSort(bson.D{{Key: "files_id", Value: 1}, {Key: "n", Value: 1}}).SetLimit(orphanBatch).
		SetProjection(bson.M{"_id": 0, "files_id": 1}) // answered by GridFS's own index, without reading chunks
	var chunks []struct {
		FileID string `bson:"files_id"`
	}
	if err := findAll(ctx, f.db.Collection(bucketName+".chunks"), first, byID, &chunks); err != nil {
		return nil, err
	}
	ids := make([]string, len(chunks))
	for i, c := range chunks {
		ids[i] = c.FileID
	}
	var whole []storedFile
	if err := findAll(ctx, f.db.Collection(bucketName+".files"), among(ids), options.Find(), &whole); err != nil {
		return nil, err
	}
	ticketOf := make(map[string]string)
	for _, w := range whole {
		ticketOf[w.ID] = w.TicketID
	}
	all := make([]storedFile, len(ids))
	for i, id := range ids {
		all[i] = storedFile{id, ticketOf[id]}
	}
	return all, nil
}

func findAll(ctx context.Context, docs *mongo.Collection, filter bson.M, o *options.FindOptions, into any) error {
	cursor, err := docs.Find(ctx, filter, o)
	if err != nil {
		return fmt.Errorf("find in %s: %w", docs.Name(), err)
	}
	if err := cursor.All(ctx, into); err != nil {
		return fmt.Errorf("read %s: %w", docs.Name(), err)
	}
	return nil
}

// deleteOrphan deletes a file unless its ticket's private part names it, or can't be decrypted to find out.
func (s *Service) deleteOrphan(ctx context.Context, f storedFile) error {
	if f.TicketID != "" {
		p, err := s.private.Get(ctx, f.TicketID)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		if err == nil && p.Sealed != nil {
			given, err := s.keys.given(p.ID, p.Sealed)
			if err != nil {
				s.log.WarnContext(ctx, "can't tell whether a file is needed", "file", f.ID, "ticket", p.ID, "error", err)
				return nil
			}
			if given.file != nil && given.file.ID == f.ID {
				return nil
			}
		}
	}
	s.log.InfoContext(ctx, "deleting an orphaned file", "file", f.ID, "ticket", f.TicketID)
	return s.files.delete(ctx, f.ID)
}
