package mongo

import (
	"encoding/binary"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// answerLife is how long the answer to a retryable write is kept: as long as its session.
const answerLife = sessionMinutes * time.Minute

// An answer is kept by its session, which has one write at a time: 8 bytes of transaction number, 8 of time in
// milliseconds, and the reply.
const answerHeader = 16

// once runs a write in a transaction. A retryable one that has run already gets the answer of then; the answer is
// committed with the write.
func (s *Server) once(r *request, write func(*txn) document) (reply document) {
	s.store.update(func(t *txn) {
		if r.txn < 0 {
			reply = write(t)
			return
		}
		answers := t.Bucket(answersBucket)
		if kept := answers.Get([]byte(r.session)); kept != nil {
			last := int64(binary.BigEndian.Uint64(kept))
			if r.txn < last {
				refuse(codeTransactionTooOld, "Retryable write with txnNumber %d is prohibited on session because a newer retryable write with txnNumber %d has already started.", r.txn, last)
			}
			if r.txn == last {
				reply = slices.Clone(kept[answerHeader:])
				return
			}
		}
		reply = write(t)
		kept := binary.BigEndian.AppendUint64(nil, uint64(r.txn))
		kept = binary.BigEndian.AppendUint64(kept, uint64(time.Now().UnixMilli()))
		must(answers.Put([]byte(r.session), append(kept, reply...)))
	})
	return reply
}

// forgetAnswers removes the answers of sessions that have ended by their age.
func (s *Server) forgetAnswers(now time.Time) {
	s.store.update(func(t *txn) {
		answers := t.Bucket(answersBucket)
		var ended [][]byte // a bucket can't change while it's iterated over
		must(answers.ForEach(func(session, kept []byte) error {
			if now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(kept[8:])))) > answerLife {
				ended = append(ended, session)
			}
			return nil
		}))
		for _, session := range ended {
			must(answers.Delete(slices.Clone(session)))
		}
	})
}

func (s *Server) startSession(*request) document {
	return ok(bson.E{Key: "id", Value: bson.D{{Key: "id", Value: newUUID()}}}, bson.E{Key: "timeoutMinutes", Value: int32(sessionMinutes)})
}

// endSessions forgets sessions, their cursors, and their answers.
func (s *Server) endSessions(r *request) document {
	if r.target.Type != bson.TypeArray {
		refuse(codeTypeMismatch, "BSON field '%s' must be an array", r.name)
	}
	var sessions []string
	for _, v := range fields(r.target.Data) {
		if _, id, ok := field(inner(v), "id").BinaryOK(); ok {
			sessions = append(sessions, string(id))
		}
	}
	s.cursors.removeIf(func(c *cursor) bool { return c.session != "" && slices.Contains(sessions, c.session) })
	s.store.update(func(t *txn) {
		for _, session := range sessions {
			must(t.Bucket(answersBucket).Delete([]byte(session)))
		}
	})
	return ok()
}

// killSessions ends the cursors of some sessions, or of all if none is named.
func (s *Server) killSessions(r *request) document {
	if r.target.Type == bson.TypeArray && count(r.target.Data) > 0 && r.name == "killSessions" {
		return s.endSessions(r)
	}
	s.cursors.removeIf(func(c *cursor) bool { return c.session != "" })
	return ok()
}

func (s *Server) noTransaction(*request) document {
	panic(errorf(codeNoSuchTransaction, "Transactions are not supported, so none is in progress"))
}
