package mongo

import (
	"bytes"
	"encoding/binary"
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

// readMessage reads one message. The buffer grows with what arrives, not with what
// the header announces.
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
		return m, m.parseMsg(body)
	//lint:ignore SA1019 older handshakes use it
	case wiremessage.OpQuery:
		return m, m.parseQuery(body)
	}
	return nil, fmt.Errorf("%w: opcode %d is not supported", errMalformed, opcode)
}

// parseMsg reads an OP_MSG.
func (m *message) parseMsg(src []byte) error {
	flags, src, ok := wiremessage.ReadMsgFlags(src)
	const known = wiremessage.ChecksumPresent | wiremessage.MoreToCome
	if !ok || flags&0xFFFF&^known != 0 {
		return fmt.Errorf("%w: flags", errMalformed)
	}
	m.noAnswer = flags&wiremessage.MoreToCome != 0
	if flags&wiremessage.ChecksumPresent != 0 {
		if len(src) < 4 {
			return fmt.Errorf("%w: no checksum", errMalformed)
		}
		src = src[:len(src)-4]
	}
	for len(src) > 0 {
		kind := src[0]
		switch {
		case kind == byte(wiremessage.SingleDocument) && m.body == nil:
			m.body, src, ok = readDocument(src[1:])
		case kind == byte(wiremessage.DocumentSequence):
			src, ok = m.parseSequence(src[1:])
		default:
			ok = false
		}
		if !ok {
			return fmt.Errorf("%w: section", errMalformed)
		}
	}
	if m.body == nil {
		return fmt.Errorf("%w: no body", errMalformed)
	}
	return nil
}

// parseSequence reads a document sequence.
func (m *message) parseSequence(src []byte) (rest []byte, ok bool) {
	if len(src) < 4 {
		return nil, false
	}
	length := int(int32(binary.LittleEndian.Uint32(src)))
	if length < 5 || length > len(src) {
		return nil, false
	}
	section, rest := src[4:length], src[length:]
	end := bytes.IndexByte(section, 0)
	if end < 0 {
		return nil, false
	}
	name := string(section[:end])
	section = section[end+1:]
	if m.lists == nil {
		m.lists = map[string][]document{}
	}
	if _, twice := m.lists[name]; twice {
		return nil, false
	}
	list := []document{}
	for len(section) > 0 {
		var doc document
		if doc, section, ok = readDocument(section); !ok {
			return nil, false
		}
		list = append(list, doc)
	}
	m.lists[name] = list
	return rest, true
}

// parseQuery reads an OP_QUERY.
func (m *message) parseQuery(src []byte) error {
	m.legacy = true
	ok := len(src) >= 4
	if ok {
		src = src[4:] // flags
	}
	end := bytes.IndexByte(src, 0)
	if !ok || end < 0 || len(src) < end+9 {
		return fmt.Errorf("%w: query", errMalformed)
	}
	if m.body, _, ok = readDocument(src[end+9:]); !ok {
		return fmt.Errorf("%w: query", errMalformed)
	}
	return nil
}

// readDocument splits off a document by its length; validate checks the rest.
func readDocument(src []byte) (doc document, rest []byte, ok bool) {
	if len(src) < 5 {
		return nil, nil, false
	}
	length := int(int32(binary.LittleEndian.Uint32(src)))
	if length < 5 || length > len(src) {
		return nil, nil, false
	}
	return document(src[:length]), src[length:], true
}

// validate checks the BSON of a message.
func (m *message) validate() error {
	err := validate(m.body, 0)
	for _, list := range m.lists {
		for _, doc := range list {
			err = errors.Join(err, validate(doc, 0))
		}
	}
	return err
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
