package mongo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

// framed is a command as an OP_MSG.
func framed(body []byte) []byte {
	start, msg := wiremessage.AppendHeaderStart(nil, 1, 0, wiremessage.OpMsg)
	msg = wiremessage.AppendMsgFlags(msg, 0)
	msg = wiremessage.AppendMsgSectionType(msg, wiremessage.SingleDocument)
	msg = append(msg, body...)
	binary.LittleEndian.PutUint32(msg[start:], uint32(len(msg)))
	return msg
}

// FuzzMessage sends anything as a message. The server may refuse it, but it neither
// panics nor stops to answer.
func FuzzMessage(f *testing.F) {
	s, err := Open(Options{Dir: f.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	for _, command := range []bson.D{
		{{Key: "hello", Value: 1}, {Key: "$db", Value: "admin"}},
		{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: bson.A{1, "x"}}}}}, {Key: "$db", Value: "d"}},
		{{Key: "find", Value: "c"}, {Key: "filter", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$in", Value: bson.A{1, nil}}}}}}, {Key: "sort", Value: bson.D{{Key: "a", Value: -1}}}, {Key: "$db", Value: "d"}},
		{{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: bson.D{}}, {Key: "u", Value: bson.D{{Key: "$push", Value: bson.D{{Key: "a", Value: 1}}}}}}}}, {Key: "$db", Value: "d"}},
		{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "a", Value: 1}}}, {Key: "name", Value: "a_1"}}}}, {Key: "$db", Value: "d"}},
		{{Key: "aggregate", Value: "c"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$a"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}}}}, {Key: "cursor", Value: bson.D{}}, {Key: "$db", Value: "d"}},
	} {
		f.Add(framed(marshal(command)))
	}
	client, server := net.Pipe()
	f.Cleanup(func() { _, _ = client.Close(), server.Close() })
	f.Fuzz(func(t *testing.T, data []byte) {
		var buffer bytes.Buffer
		m, err := readMessage(bytes.NewReader(data), &buffer)
		if err != nil || bytes.Contains(data, []byte("configureFailPoint")) {
			return
		}
		reply, hangUp := s.answer(&connection{Conn: client}, m)
		if hangUp || caught(func() { validate(reply, 0) }) != nil {
			t.Fatalf("answer %x", reply)
		}
		if msg, ok := field(reply, "errmsg").StringValueOK(); ok && bytes.HasPrefix([]byte(msg), []byte("internal error")) {
			t.Fatal(msg)
		}
	})
}

// A client that announces a large message and sends nothing costs no memory, and one
// that sends nonsense is dropped.
func TestNonsenseEndsTheConnection(t *testing.T) {
	s, _ := start(t, t.TempDir(), nil)
	for name, data := range map[string][]byte{
		"a negative length":  {0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 0, 0, 0, 0, 0xDD, 7, 0, 0},
		"a length too large": {0, 0, 0, 0x7F, 1, 0, 0, 0, 0, 0, 0, 0, 0xDD, 7, 0, 0},
		"an unknown opcode":  {16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0},
		"no sections":        {20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xDD, 7, 0, 0, 0, 0, 0, 0},
	} {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write(data); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(conn).ReadByte(); err == nil {
			t.Errorf("%s is answered", name)
		} else if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("%s leaves the connection open", name)
		}
		_ = conn.Close()
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	_, client := start(t, t.TempDir(), nil)
	doc := bson.D{}
	for range 2 * maxDepth {
		doc = bson.D{{Key: "a", Value: doc}}
	}
	if _, code := run(t, client, bson.D{{Key: "insert", Value: "docs"}, {Key: "documents", Value: bson.A{doc}}}); code != codeOverflow {
		t.Errorf("code %d, want %d", code, codeOverflow)
	}
}
