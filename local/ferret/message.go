package ferret

import (
	"encoding/binary"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

const (
	headerSize = 16         // bytes: length, request id, response to, opcode
	maxMessage = 48_000_000 // bytes, as MongoDB says in its hello
)

// message is one message of MongoDB's wire protocol, header included.
//
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
type message []byte

func readMessage(r io.Reader) (message, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size < headerSize || size > maxMessage {
		return nil, fmt.Errorf("message of %d bytes", size)
	}
	m := make(message, size)
	copy(m, length[:])
	if _, err := io.ReadFull(r, m[len(length):]); err != nil {
		return nil, err
	}
	return m, nil
}

// body returns the document that is the command or its reply. The documents to
// insert or the updates to make may come in sections beside it. Messages of
// other kinds than OP_MSG, such as the hello of an old driver, have no body.
func (m message) body() (bsoncore.Document, bool) {
	_, _, _, opcode, rest, ok := wiremessage.ReadHeader(m)
	if !ok || opcode != wiremessage.OpMsg {
		return nil, false
	}
	_, rest, ok = wiremessage.ReadMsgFlags(rest)
	for ok && len(rest) > 0 {
		var kind wiremessage.SectionType
		kind, rest, ok = wiremessage.ReadMsgSectionType(rest)
		switch {
		case ok && kind == wiremessage.SingleDocument:
			body, _, ok := wiremessage.ReadMsgSectionSingleDocument(rest)
			return body, ok
		case ok && kind == wiremessage.DocumentSequence:
			_, _, rest, ok = wiremessage.ReadMsgSectionRawDocumentSequence(rest)
		default:
			return nil, false
		}
	}
	return nil, false
}

// writeCommands are the commands that read a collection, or what is known of it,
// to write it.
var writeCommands = map[string]bool{
	"insert":        true,
	"update":        true,
	"delete":        true,
	"findAndModify": true,
	"findandmodify": true, // its name of old, which drivers still send
	"create":        true,
	"createIndexes": true,
	"dropIndexes":   true,
	"drop":          true,
}

// writesTo returns the namespace, "database.collection", of the collection that
// the message is to change.
func (m message) writesTo() (namespace string, ok bool) {
	body, ok := m.body()
	if !ok {
		return "", false
	}
	command, err := body.IndexErr(0) // a command's first key is its name, its value the collection
	if err != nil || !writeCommands[command.Key()] {
		return "", false
	}
	collection, ok := command.Value().StringValueOK()
	if !ok {
		return "", false
	}
	database, ok := body.Lookup("$db").StringValueOK()
	return database + "." + collection, ok
}
