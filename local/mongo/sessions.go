package mongo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// answerLife is how long the answer to a retryable write is kept: as long as its session.
const answerLife = sessionMinutes * time.Minute

// An answer is kept by its session, which has one write at a time: 8 bytes of
// transaction number, 8 of time in milliseconds, and the reply.
const answerHeader = 16

// once runs a write in a transaction. A retryable one that has run already gets the
// answer of then; the answer is committed with the write.
func (s *Server) once(r *request, write func(*txn) (document, error)) (document, error) {
	var reply document
	err := s.store.update(func(t *txn) (err error) {
		if r.txn < 0 {
			reply, err = write(t)
			return err
		}
		answers := t.Bucket(answersBucket)
		if kept := answers.Get([]byte(r.session)); kept != nil {
			last := int64(binary.BigEndian.Uint64(kept))
			if r.txn < last {
				return errorf(codeTransactionTooOld, "Retryable write with txnNumber %d is prohibited on session because a newer retryable write with txnNumber %d has already started.", r.txn, last)
			}
			if r.txn == last {
				reply = slices.Clone(kept[answerHeader:])
				return nil
			}
		}
		if reply, err = write(t); err != nil {
			return err
		}
		kept := binary.BigEndian.AppendUint64(nil, uint64(r.txn))
		kept = binary.BigEndian.AppendUint64(kept, uint64(time.Now().UnixMilli()))
		return answers.Put([]byte(r.session), append(kept, reply...))
	})
	return reply, err
}

// forgetAnswers removes the answers of sessions that have ended by their age.
func (s *Server) forgetAnswers(now time.Time) error {
	old := func(kept []byte) bool {
		return now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(kept[8:])))) > answerLife
	}
	var sessions [][]byte
	err := s.store.view(func(t *txn) error {
		return t.Bucket(answersBucket).ForEach(func(session, kept []byte) error {
			if old(kept) {
				sessions = append(sessions, bytes.Clone(session))
			}
			return nil
		})
	})
	if err != nil || len(sessions) == 0 {
		return err
	}
	return s.store.update(func(t *txn) error {
		answers := t.Bucket(answersBucket)
		for _, session := range sessions {
			if kept := answers.Get(session); kept != nil && old(kept) {
				if err := answers.Delete(session); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Server) startSession(*request) (document, error) {
	return ok(bson.E{Key: "id", Value: bson.D{{Key: "id", Value: newUUID()}}}, bson.E{Key: "timeoutMinutes", Value: int32(sessionMinutes)}), nil
}

// endSessions forgets sessions, their cursors, and their answers.
func (s *Server) endSessions(r *request) (document, error) {
	if r.target.Type != bson.TypeArray {
		return nil, errorf(codeTypeMismatch, "BSON field '%s' must be an array", r.name)
	}
	var sessions []string
	for _, v := range fields(r.target.Data) {
		if isDocument(v) {
			if _, id, ok := field(v.Data, "id").BinaryOK(); ok {
				sessions = append(sessions, string(id))
			}
		}
	}
	s.cursors.removeIf(func(c *cursor) bool { return c.session != "" && slices.Contains(sessions, c.session) })
	err := s.store.update(func(t *txn) error {
		var err error
		for _, session := range sessions {
			err = errors.Join(err, t.Bucket(answersBucket).Delete([]byte(session)))
		}
		return err
	})
	return ok(), err
}

// killSessions ends the cursors of some sessions, or of all if none is named.
func (s *Server) killSessions(r *request) (document, error) {
	if r.target.Type == bson.TypeArray && count(r.target.Data) > 0 && r.name == "killSessions" {
		return s.endSessions(r)
	}
	s.cursors.removeIf(func(c *cursor) bool { return c.session != "" })
	return ok(), nil
}

func (s *Server) noTransaction(*request) (document, error) {
	return nil, errorf(codeNoSuchTransaction, "Transactions are not supported, so none is in progress")
}
