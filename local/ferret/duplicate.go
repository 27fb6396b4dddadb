package ferret

import (
	"strings"

	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

// Error codes of MongoDB.
const (
	codeInternal     = 1
	codeDuplicateKey = 11000
)

// correctDuplicateKey makes the reply to an update that breaks a unique index
// say so: FerretDB knows a duplicate only when it inserts, and answers an update
// with an internal error that quotes SQLite. Any other reply stays as it is.
//
// MongoDB reports it for each statement of an update; the corrected reply is an
// error of the whole command, because FerretDB stops there and does not tell at
// which statement. A driver's test for a duplicate key recognises both.
func correctDuplicateKey(reply message, namespace string) message {
	body, ok := reply.body()
	if !ok {
		return reply
	}
	code, _ := body.Lookup("code").AsInt64OK()
	cause, _ := body.Lookup("errmsg").StringValueOK()
	if code != codeInternal || !strings.Contains(cause, "UNIQUE constraint failed") {
		return reply
	}
	return withBody(reply, bsoncore.NewDocumentBuilder().
		AppendDouble("ok", 0).
		AppendString("errmsg", "E11000 duplicate key error collection: "+namespace+": "+cause).
		AppendInt32("code", codeDuplicateKey).
		AppendString("codeName", "DuplicateKey").
		Build())
}

// withBody returns a reply like the given one with another body.
func withBody(reply message, body bsoncore.Document) message {
	_, id, responseTo, opcode, _, _ := wiremessage.ReadHeader(reply)
	start, m := wiremessage.AppendHeaderStart(nil, id, responseTo, opcode)
	m = wiremessage.AppendMsgFlags(m, 0)
	m = wiremessage.AppendMsgSectionType(m, wiremessage.SingleDocument)
	m = append(m, body...)
	return bsoncore.UpdateLength(m, start, int32(len(m)))
}
