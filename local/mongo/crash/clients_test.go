package crash

import (
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"

	"ticketing.dev/local/mongo"
)

const connections = 500

// opMsg makes a message of a command.
func opMsg(t testing.TB, command bson.D) []byte {
	t.Helper()
	body, err := bson.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	i, message := wiremessage.AppendHeaderStart(nil, 1, 0, wiremessage.OpMsg)
	message = wiremessage.AppendMsgFlags(message, 0)
	message = wiremessage.AppendMsgSectionType(message, wiremessage.SingleDocument)
	message = append(message, body...)
	return bsoncore.UpdateLength(message, i, int32(len(message)))
}

// answer reads one message.
func answer(conn net.Conn) ([]byte, error) {
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, max(4, min(binary.LittleEndian.Uint32(length[:]), 64<<20)))
	copy(message, length[:])
	_, err := io.ReadFull(conn, message[4:])
	return message, err
}

func dial(t testing.TB, s *mongo.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URI(), "mongodb://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// Clients that open cursors, vanish in the middle of a message, or announce messages that never come
// leave neither goroutines nor memory behind.
func TestVanishingClientsLeaveNothingBehind(t *testing.T) {
	s, err := mongo.Open(mongo.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := fill(t, connect(t, s.URI()).Collection("things"), 0, 300); err != nil {
		t.Fatal(err)
	}
	find := opMsg(t, bson.D{{Key: "find", Value: "things"}, {Key: "batchSize", Value: 2}, {Key: "$db", Value: "crash"}})
	announced := binary.LittleEndian.AppendUint32(nil, 47<<20)
	announced = append(announced, find[4:16]...)

	goroutines, memory := runtime.NumGoroutine(), heap()
	for round := range 3 {
		conns := make([]net.Conn, connections)
		for i := range conns {
			conns[i] = dial(t, s)
			if _, err := conns[i].Write(find); err != nil {
				t.Fatal(err)
			}
			if _, err := answer(conns[i]); err != nil {
				t.Fatal(err)
			}
			half := [][]byte{nil, find[:10], find[:len(find)-1], announced}[i%4]
			if _, err := conns[i].Write(half); err != nil {
				t.Fatal(err)
			}
		}
		if used := heap() - memory; used > 128<<20 {
			t.Errorf("round %d: %d connections hold %d MiB", round, connections, used>>20)
		}
		if n := runtime.NumGoroutine() - goroutines; n > 4*connections {
			t.Errorf("round %d: %d connections hold %d goroutines", round, connections, n)
		}
		for _, conn := range conns {
			conn.Close()
		}
	}
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > goroutines+10 {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left, %d before", runtime.NumGoroutine(), goroutines)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if used := heap() - memory; used > 32<<20 {
		t.Errorf("%d MiB are left behind", used>>20)
	}
}

// Whatever a client sends, it gets an answer or loses its connection, and others are served.
func FuzzMessage(f *testing.F) {
	s, err := mongo.Open(mongo.Options{Dir: f.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	for _, command := range []string{
		`{"hello": 1, "$db": "admin"}`,
		`{"insert": "c", "documents": [{"a": [1, {"b": null}], "s": "x"}], "ordered": false, "$db": "d"}`,
		`{"find": "c", "filter": {"$or": [{"a": {"$gt": 1}}, {"a.b": {"$elemMatch": {"x": {"$in": [1, null]}}}}]}, "sort": {"a": -1}, "limit": 2, "projection": {"s": 1}, "$db": "d"}`,
		`{"update": "c", "updates": [{"q": {"a": {"$not": {"$size": 2}}}, "u": {"$push": {"a": {"$each": [1]}}, "$inc": {"n": 1}}, "upsert": true, "multi": false}], "$db": "d"}`,
		`{"delete": "c", "deletes": [{"q": {"s": {"$regex": "^x", "$options": "i"}}, "limit": 0}], "$db": "d"}`,
		`{"findAndModify": "c", "query": {"a": {"$exists": true}}, "update": {"$pull": {"a": {"$gte": 1}}}, "new": true, "$db": "d"}`,
		`{"createIndexes": "c", "indexes": [{"key": {"a.0.b": 1, "s": -1}, "name": "i", "unique": true, "sparse": true}], "$db": "d"}`,
		`{"aggregate": "c", "pipeline": [{"$match": {}}, {"$group": {"_id": "$s", "n": {"$sum": "$a"}}}, {"$sort": {"n": 1}}], "cursor": {"batchSize": 1}, "$db": "d"}`,
		`{"explain": {"count": "c", "query": {"a": 1}}, "verbosity": "executionStats", "$db": "d"}`,
		`{"getMore": {"$numberLong": "1"}, "collection": "c", "$db": "d"}`,
		`{"distinct": "c", "key": "a", "query": {"a": {"$type": "string"}}, "$db": "d"}`,
		`{"listCollections": 1, "filter": {"name": "c"}, "$db": "d"}`,
	} {
		var d bson.D
		if err := bson.UnmarshalExtJSON([]byte(command), false, &d); err != nil {
			f.Fatal(err)
		}
		message := opMsg(f, d)
		f.Add(int32(wiremessage.OpMsg), message[16:])
	}
	//lint:ignore SA1019 old clients still begin with it
	f.Add(int32(wiremessage.OpQuery), []byte("\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00\x10isMaster\x00\x01\x00\x00\x00\x00"))
	ping := opMsg(f, bson.D{{Key: "ping", Value: 1}, {Key: "$db", Value: "admin"}})
	other := dial(f, s)
	f.Fuzz(func(t *testing.T, opcode int32, body []byte) {
		conn := dial(t, s)
		defer conn.Close()
		message := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
		message = binary.LittleEndian.AppendUint32(message, 7)
		message = binary.LittleEndian.AppendUint32(message, 0)
		message = binary.LittleEndian.AppendUint32(message, uint32(opcode))
		if _, err := conn.Write(append(message, body...)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite() // a message that wants no answer ends the connection
		if _, err := answer(conn); err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				t.Fatal("neither an answer nor an end")
			}
		}
		if _, err := other.Write(ping); err != nil {
			t.Fatal(err)
		}
		if _, err := answer(other); err != nil {
			t.Fatal("others are not served:", err)
		}
	})
}
