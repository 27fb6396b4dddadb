package mongo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

const (
	maxMessage   = 48_000_000
	headerLength = 16
	// kept is the largest buffer that a connection keeps between messages.
	kept = 64 << 10
)

var errMalformed = errors.New("malformed message")

// message is a command as it came.
type message struct {
	id       int32
	body     document
	lists    map[string][]document // document sequences
	legacy   bool                  // an OP_QUERY, which older handshakes use
	noAnswer bool
}

// readMessage reads one message. The buffer grows with what arrives, not with what the header announces.
func readMessage(r io.Reader, buffer *bytes.Buffer) (*message, error) {
	if buffer.Cap() > kept {
		*buffer = bytes.Buffer{}
	}
	buffer.Reset()
	if _, err := io.CopyN(buffer, r, headerLength); err != nil {
		return nil, err
	}
	length, id, _, opcode, _, ok := wiremessage.ReadHeader(buffer.Bytes())
	if !ok || length < headerLength || length > maxMessage {
		return nil, fmt.Errorf("%w: length %d", errMalformed, length)
	}
	if _, err := io.CopyN(buffer, r, int64(length)-headerLength); err != nil {
		return nil, err
	}
	m := &message{id: id}
	body := buffer.Bytes()[headerLength:]
	switch opcode {
	case wiremessage.OpMsg:
		ok = m.parseMsg(body)
	//lint:ignore SA1019 older handshakes use it
	case wiremessage.OpQuery:
		ok = m.parseQuery(body)
	default:
		ok = false
	}
	if !ok || m.body == nil {
		return nil, fmt.Errorf("%w: opcode %d", errMalformed, opcode)
	}
	return m, nil
}

// parseMsg reads an OP_MSG.
func (m *message) parseMsg(src []byte) bool {
	flags, src, ok := wiremessage.ReadMsgFlags(src)
	const known = wiremessage.ChecksumPresent | wiremessage.MoreToCome
	if !ok || flags&0xFFFF&^known != 0 {
		return false
	}
	m.noAnswer = flags&wiremessage.MoreToCome != 0
	if flags&wiremessage.ChecksumPresent != 0 {
		if len(src) < 4 {
			return false
		}
		src = src[:len(src)-4]
	}
	for ok && len(src) > 0 {
		var kind wiremessage.SectionType
		kind, src, _ = wiremessage.ReadMsgSectionType(src)
		switch {
		case kind == wiremessage.SingleDocument && m.body == nil:
			m.body, src, ok = wiremessage.ReadMsgSectionSingleDocument(src)
		case kind == wiremessage.DocumentSequence:
			src, ok = m.parseSequence(src)
		default:
			return false
		}
	}
	return ok
}

func (m *message) parseSequence(src []byte) (rest []byte, ok bool) {
	name, list, rest, ok := wiremessage.ReadMsgSectionDocumentSequence(src)
	if _, twice := m.lists[name]; twice || !ok {
		return nil, false
	}
	if m.lists == nil {
		m.lists = map[string][]document{}
	}
	m.lists[name] = list
	return rest, true
}

// parseQuery reads an OP_QUERY: flags, a namespace, two numbers, and the command.
func (m *message) parseQuery(src []byte) (ok bool) {
	m.legacy = true
	if len(src) < 4 {
		return false
	}
	end := 4 + bytes.IndexByte(src[4:], 0)
	if end < 4 || len(src) < end+9 {
		return false
	}
	m.body, _, ok = bsoncore.ReadDocument(src[end+9:])
	return ok
}

// validate checks the BSON of a message.
func (m *message) validate() {
	validate(m.body, 0)
	for _, list := range m.lists {
		for _, doc := range list {
			validate(doc, 0)
		}
	}
}

// appendReply frames an answer.
func (m *message) appendReply(dst []byte, reply document) []byte {
	id := wiremessage.NextRequestID()
	dst = slices.Grow(dst, len(reply)+64)
	var start int32
	if m.legacy {
		start, dst = wiremessage.AppendHeaderStart(dst, id, m.id, wiremessage.OpReply)
		dst = wiremessage.AppendReplyFlags(dst, 0)
		dst = wiremessage.AppendReplyCursorID(dst, 0)
		dst = wiremessage.AppendReplyStartingFrom(dst, 0)
		dst = wiremessage.AppendReplyNumberReturned(dst, 1)
	} else {
		start, dst = wiremessage.AppendHeaderStart(dst, id, m.id, wiremessage.OpMsg)
		dst = wiremessage.AppendMsgFlags(dst, 0)
		dst = wiremessage.AppendMsgSectionType(dst, wiremessage.SingleDocument)
	}
	dst = append(dst, reply...)
	return bsoncore.UpdateLength(dst, start, int32(len(dst[start:])))
}
