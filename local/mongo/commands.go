package mongo

import (
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// command answers one kind of request.
type command struct {
	run   func(*Server, *request) (document, error)
	write bool // it can be retried, and reports a write concern that can't be met
	coll  bool // its own key names a collection, which becomes the request's ns
}

// allCommands are the commands by name.
func allCommands() map[string]command {
	return map[string]command{
		"hello": {run: (*Server).hello}, "isMaster": {run: (*Server).hello}, "ismaster": {run: (*Server).hello},
		"ping": always(), "buildInfo": {run: (*Server).buildInfo}, "buildinfo": {run: (*Server).buildInfo},
		"serverStatus": {run: (*Server).serverStatus}, "hostInfo": always(bson.E{Key: "system", Value: bson.D{}}, bson.E{Key: "os", Value: bson.D{}}),
		"getParameter": {run: (*Server).getParameter}, "getCmdLineOpts": always(bson.E{Key: "argv", Value: bson.A{}}, bson.E{Key: "parsed", Value: bson.D{}}),
		"getLog": always(bson.E{Key: "totalLinesWritten", Value: int32(0)}, bson.E{Key: "log", Value: bson.A{}}), "whatsmyuri": {run: (*Server).whatsMyURI},
		"connectionStatus": always(bson.E{Key: "authInfo", Value: bson.D{{Key: "authenticatedUsers", Value: bson.A{}}, {Key: "authenticatedUserRoles", Value: bson.A{}}}}), "currentOp": always(bson.E{Key: "inprog", Value: bson.A{}}),
		"replSetGetStatus": {run: (*Server).replSetGetStatus}, "logout": always(),

		"startSession": {run: (*Server).startSession}, "refreshSessions": always(),
		"endSessions": {run: (*Server).endSessions}, "killSessions": {run: (*Server).killSessions},
		"killAllSessions":   {run: (*Server).killSessions},
		"commitTransaction": {run: (*Server).noTransaction}, "abortTransaction": {run: (*Server).noTransaction},
		"configureFailPoint": {run: (*Server).configureFailPoint},

		"find": {coll: true, run: (*Server).find}, "getMore": {run: (*Server).getMore}, "killCursors": {run: (*Server).killCursors},
		"count": {coll: true, run: (*Server).count}, "distinct": {coll: true, run: (*Server).distinct}, "aggregate": {run: (*Server).aggregate},
		"explain": {run: (*Server).explain},

		"insert": {run: (*Server).insert, write: true}, "update": {run: (*Server).update, write: true},
		"delete": {run: (*Server).delete, write: true}, "findAndModify": {coll: true, run: (*Server).findAndModify, write: true},
		"findandmodify": {coll: true, run: (*Server).findAndModify, write: true},

		"create": {coll: true, run: (*Server).create, write: true}, "drop": {coll: true, run: (*Server).drop, write: true},
		"dropDatabase": {run: (*Server).dropDatabase, write: true}, "createIndexes": {coll: true, run: (*Server).createIndexes, write: true},
		"dropIndexes": {coll: true, run: (*Server).dropIndexes, write: true}, "listIndexes": {coll: true, run: (*Server).listIndexes},
		"listCollections": {run: (*Server).listCollections}, "listDatabases": {run: (*Server).listDatabases},
		"createSearchIndexes": {run: (*Server).noSearch}, "updateSearchIndex": {run: (*Server).noSearch}, "dropSearchIndex": {run: (*Server).noSearch},
		"collStats": {coll: true, run: (*Server).collStats}, "dbStats": {run: (*Server).dbStats},
	}
}

// always is a command that always answers the same.
func always(reply ...bson.E) command {
	return command{run: func(*Server, *request) (document, error) { return ok(reply...), nil }}
}

// stableAPI are the commands of MongoDB's Stable API, version 1.
var stableAPI = []string{
	"abortTransaction", "aggregate", "commitTransaction", "count", "create", "createIndexes", "delete", "drop", "dropDatabase",
	"dropIndexes", "endSessions", "explain", "find", "findAndModify", "getMore", "hello", "insert", "killCursors", "killSessions",
	"listCollections", "listDatabases", "listIndexes", "ping", "refreshSessions", "update",
}

// dispatch finds a command and runs it.
func (s *Server) dispatch(r *request) (reply document, err error, hangUp bool) {
	cmd, known := s.known[r.name]
	if !known {
		return nil, errorf(codeCommandNotFound, "no such command: '%s'", r.name), false
	}
	if r.strict && !slices.Contains(stableAPI, r.name) {
		return nil, errorf(codeAPIStrict, "Provided apiStrict:true, but the command %s is not in API Version 1", r.name), false
	}
	injected, err, hangUp := s.failures.inject(r)
	if err != nil || hangUp {
		return nil, err, hangUp
	}
	if cmd.coll {
		if r.ns, err = r.namespace(); err != nil {
			return nil, err, false
		}
	}
	if reply, err = cmd.run(s, r); err != nil || !cmd.write {
		return reply, err, false
	}
	if injected.writeConcernError == nil {
		injected.writeConcernError = r.concern
	}
	return injected.addTo(reply, r), nil, false
}

// ok is the answer to a command that succeeded, with fields of its own before.
func ok(elements ...bson.E) document {
	return marshal(append(bson.D(elements), bson.E{Key: "ok", Value: 1.0}))
}

// Versions that a driver asks for. 21 is the wire version of MongoDB 7.0.
const (
	version        = "7.0.0"
	maxWireVersion = 21
	setName        = "rs0"
	sessionMinutes = 30
)

// hello presents the server as the primary of a replica set of one, at the address
// that the client has connected to.
func (s *Server) hello(r *request) (document, error) {
	for _, a := range r.args {
		if a.name == "client" && isDocument(a.value) {
			if app := field(a.value.Data, "application"); isDocument(app) {
				r.conn.appName, _ = field(app.Data, "name").StringValueOK()
				r.conn.appName = strings.Clone(r.conn.appName)
			}
		}
	}
	me := r.conn.LocalAddr().String()
	primary := "isWritablePrimary"
	if r.name != "hello" {
		primary = "ismaster"
	}
	return ok(
		bson.E{Key: "helloOk", Value: true}, bson.E{Key: primary, Value: true}, bson.E{Key: "secondary", Value: false},
		bson.E{Key: "setName", Value: setName}, bson.E{Key: "setVersion", Value: int32(1)},
		bson.E{Key: "hosts", Value: bson.A{me}}, bson.E{Key: "primary", Value: me}, bson.E{Key: "me", Value: me},
		bson.E{Key: "electionId", Value: electionID},
		bson.E{Key: "maxBsonObjectSize", Value: int32(maxDocument)}, bson.E{Key: "maxMessageSizeBytes", Value: int32(maxMessage)},
		bson.E{Key: "maxWriteBatchSize", Value: int32(maxBatch)}, bson.E{Key: "localTime", Value: time.Now()},
		bson.E{Key: "logicalSessionTimeoutMinutes", Value: int32(sessionMinutes)}, bson.E{Key: "connectionId", Value: int32(r.conn.id)},
		bson.E{Key: "minWireVersion", Value: int32(0)}, bson.E{Key: "maxWireVersion", Value: int32(maxWireVersion)},
		bson.E{Key: "readOnly", Value: false},
		// Drivers send the time back with each command. With one member, nothing depends on it.
		bson.E{Key: "$clusterTime", Value: bson.D{{Key: "clusterTime", Value: primitive.Timestamp{T: uint32(time.Now().Unix()), I: 1}},
			{Key: "signature", Value: bson.D{{Key: "hash", Value: make([]byte, 20)}, {Key: "keyId", Value: int64(0)}}}}},
	), nil
}

func (s *Server) buildInfo(*request) (document, error) {
	return ok(
		bson.E{Key: "version", Value: version}, bson.E{Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(0), int32(0)}},
		bson.E{Key: "gitVersion", Value: "ticketing.dev/local/mongo"}, bson.E{Key: "modules", Value: bson.A{}},
		bson.E{Key: "storageEngines", Value: bson.A{"bbolt"}}, bson.E{Key: "bits", Value: int32(64)}, bson.E{Key: "debug", Value: false},
		bson.E{Key: "maxBsonObjectSize", Value: int32(maxDocument)},
	), nil
}

func (s *Server) serverStatus(*request) (document, error) {
	s.mu.Lock()
	connections := len(s.connections)
	s.mu.Unlock()
	total, shapes := s.scans.report()
	return ok(
		bson.E{Key: "version", Value: version}, bson.E{Key: "process", Value: "ticketing"},
		bson.E{Key: "uptime", Value: time.Since(s.started).Seconds()}, bson.E{Key: "localTime", Value: time.Now()},
		bson.E{Key: "connections", Value: bson.D{{Key: "current", Value: int32(connections)}, {Key: "available", Value: int32(maxConnections - connections)}}},
		bson.E{Key: "storageEngine", Value: bson.D{{Key: "name", Value: "bbolt"}, {Key: "persistent", Value: true}}},
		bson.E{Key: "repl", Value: bson.D{{Key: "setName", Value: setName}, {Key: "isWritablePrimary", Value: true}}},
		bson.E{Key: "metrics", Value: bson.D{
			{Key: "commands", Value: s.answered.Load()},
			{Key: "cursor", Value: bson.D{{Key: "open", Value: int64(s.cursors.len())}}},
			{Key: "queryExecutor", Value: bson.D{{Key: "collectionScans", Value: bson.D{{Key: "total", Value: total}, {Key: "shapes", Value: shapes}}}}},
		}},
	), nil
}

// getParameter knows the one parameter that tools ask for.
func (s *Server) getParameter(r *request) (document, error) {
	const fcv = "featureCompatibilityVersion"
	all := r.target.Type.String() == "string" || isDocument(r.target)
	asked := slices.ContainsFunc(r.args, func(a argument) bool { return a.name == fcv })
	if !all && !asked {
		return nil, errorf(codeInvalidOptions, "no option found to get")
	}
	return ok(bson.E{Key: fcv, Value: bson.D{{Key: "version", Value: "7.0"}}}), nil
}

func (s *Server) whatsMyURI(r *request) (document, error) {
	return ok(bson.E{Key: "you", Value: r.conn.RemoteAddr().String()}), nil
}

func (s *Server) replSetGetStatus(r *request) (document, error) {
	return ok(bson.E{Key: "set", Value: setName}, bson.E{Key: "myState", Value: int32(1)}, bson.E{Key: "members", Value: bson.A{
		bson.D{{Key: "_id", Value: int32(0)}, {Key: "name", Value: r.conn.LocalAddr().String()}, {Key: "health", Value: 1.0},
			{Key: "state", Value: int32(1)}, {Key: "stateStr", Value: "PRIMARY"}, {Key: "self", Value: true}},
	}}), nil
}

// electionID is the same at every start: there is one member, and it always wins.
var electionID = primitive.ObjectID{11: 1}

// errNoSearch is what every MongoDB outside of Atlas answers.
var errNoSearch = errorf(codeSearchNotSupported, "Search index commands are only supported with Atlas.")

func (s *Server) noSearch(*request) (document, error) { return nil, errNoSearch }

// appendOK ends a reply that is built by hand.
func appendOK(dst []byte) []byte { return bsoncore.AppendDoubleElement(dst, "ok", 1) }
