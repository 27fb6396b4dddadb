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
	run   func(*Server, *request) document
	write bool // it can be retried, and reports a write concern that can't be met
	coll  bool // its own key names a collection, which becomes the request's ns
}

// allCommands are the commands by name.
func allCommands() map[string]command {
	return map[string]command{
		"hello": {run: (*Server).hello}, "isMaster": {run: (*Server).hello}, "ismaster": {run: (*Server).hello},
		"ping": always(), "logout": always(), "buildInfo": {run: (*Server).buildInfo}, "buildinfo": {run: (*Server).buildInfo},
		"serverStatus": {run: (*Server).serverStatus}, "replSetGetStatus": {run: (*Server).replSetGetStatus},
		"getParameter": {run: (*Server).getParameter}, "collStats": {run: (*Server).stats}, "dbStats": {run: (*Server).stats},
		"hostInfo":       always(bson.E{Key: "system", Value: bson.D{}}, bson.E{Key: "os", Value: bson.D{}}),
		"getCmdLineOpts": always(bson.E{Key: "argv", Value: bson.A{}}, bson.E{Key: "parsed", Value: bson.D{}}),
		"getLog":         always(bson.E{Key: "totalLinesWritten", Value: int32(0)}, bson.E{Key: "log", Value: bson.A{}}),
		"currentOp":      always(bson.E{Key: "inprog", Value: bson.A{}}),
		"connectionStatus": always(bson.E{Key: "authInfo", Value: bson.D{{Key: "authenticatedUsers", Value: bson.A{}},
			{Key: "authenticatedUserRoles", Value: bson.A{}}}}),

		"startSession": {run: (*Server).startSession}, "refreshSessions": always(), "endSessions": {run: (*Server).endSessions},
		"killSessions": {run: (*Server).killSessions}, "killAllSessions": {run: (*Server).killSessions},
		"commitTransaction": {run: (*Server).noTransaction}, "abortTransaction": {run: (*Server).noTransaction},
		"configureFailPoint": {run: (*Server).configureFailPoint},

		"find": {coll: true, run: (*Server).find}, "getMore": {run: (*Server).getMore}, "killCursors": {run: (*Server).killCursors},
		"count": {coll: true, run: (*Server).count}, "distinct": {coll: true, run: (*Server).distinct}, "aggregate": {run: (*Server).aggregate},
		"explain": {run: (*Server).explain},

		"insert": {coll: true, write: true, run: (*Server).insert}, "update": {coll: true, write: true, run: (*Server).update},
		"delete": {coll: true, write: true, run: (*Server).delete}, "findAndModify": {coll: true, write: true, run: (*Server).findAndModify},
		"findandmodify": {coll: true, write: true, run: (*Server).findAndModify},

		"create": {coll: true, write: true, run: (*Server).create}, "drop": {coll: true, write: true, run: (*Server).drop},
		"dropDatabase": {write: true, run: (*Server).dropDatabase}, "createIndexes": {coll: true, write: true, run: (*Server).createIndexes},
		"dropIndexes": {coll: true, write: true, run: (*Server).dropIndexes}, "listIndexes": {coll: true, run: (*Server).listIndexes},
		"listCollections": {run: (*Server).listCollections}, "listDatabases": {run: (*Server).listDatabases},
		"createSearchIndexes": {run: noSearch}, "updateSearchIndex": {run: noSearch}, "dropSearchIndex": {run: noSearch},
	}
}

// always is a command that always answers the same.
func always(reply ...bson.E) command {
	return command{run: func(*Server, *request) document { return ok(reply...) }}
}

// stableAPI are the commands of MongoDB's Stable API, version 1.
var stableAPI = []string{
	"abortTransaction", "aggregate", "commitTransaction", "count", "create", "createIndexes", "delete", "drop", "dropDatabase",
	"dropIndexes", "endSessions", "explain", "find", "findAndModify", "getMore", "hello", "insert", "killCursors", "killSessions",
	"listCollections", "listDatabases", "listIndexes", "ping", "refreshSessions", "update",
}

// dispatch finds a command and runs it. hangUp is what a fail point asks for.
func (s *Server) dispatch(r *request) (reply document, hangUp bool) {
	cmd, known := s.known[r.name]
	if !known {
		refuse(codeCommandNotFound, "no such command: '%s'", r.name)
	}
	if r.strict && !slices.Contains(stableAPI, r.name) {
		refuse(codeAPIStrict, "Provided apiStrict:true, but the command %s is not in API Version 1", r.name)
	}
	concern, labels, hangUp := s.failures.inject(r)
	if hangUp {
		return nil, true
	}
	if cmd.coll {
		r.ns = r.namespace()
	}
	reply = cmd.run(s, r)
	if concern == nil {
		concern = r.concern
	}
	if cmd.write && concern != nil {
		reply = withConcern(reply, r, concern, labels)
	}
	return reply, false
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
func (s *Server) hello(r *request) document {
	for _, a := range r.args {
		if a.name == "client" {
			app, _ := field(inner(field(inner(a.value), "application")), "name").StringValueOK()
			r.conn.appName = strings.Clone(app)
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
	)
}

func (s *Server) buildInfo(*request) document {
	return ok(
		bson.E{Key: "version", Value: version}, bson.E{Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(0), int32(0)}},
		bson.E{Key: "gitVersion", Value: "ticketing.dev/local/mongo"}, bson.E{Key: "modules", Value: bson.A{}},
		bson.E{Key: "storageEngines", Value: bson.A{"bbolt"}}, bson.E{Key: "bits", Value: int32(64)}, bson.E{Key: "debug", Value: false},
		bson.E{Key: "maxBsonObjectSize", Value: int32(maxDocument)},
	)
}

func (s *Server) serverStatus(*request) document {
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
	)
}

// getParameter knows the one parameter that tools ask for.
func (s *Server) getParameter(r *request) document {
	const fcv = "featureCompatibilityVersion"
	all := r.target.Type.String() == "string" || isDocument(r.target)
	asked := slices.ContainsFunc(r.args, func(a argument) bool { return a.name == fcv })
	if !all && !asked {
		refuse(codeInvalidOptions, "no option found to get")
	}
	return ok(bson.E{Key: fcv, Value: bson.D{{Key: "version", Value: "7.0"}}})
}

func (s *Server) replSetGetStatus(r *request) document {
	return ok(bson.E{Key: "set", Value: setName}, bson.E{Key: "myState", Value: int32(1)}, bson.E{Key: "members", Value: bson.A{
		bson.D{{Key: "_id", Value: int32(0)}, {Key: "name", Value: r.conn.LocalAddr().String()}, {Key: "health", Value: 1.0},
			{Key: "state", Value: int32(1)}, {Key: "stateStr", Value: "PRIMARY"}, {Key: "self", Value: true}},
	}})
}

// electionID is the same at every start: there is one member, and it always wins.
var electionID = primitive.ObjectID{11: 1}

// errNoSearch is what every MongoDB outside of Atlas answers.
var errNoSearch = errorf(codeSearchNotSupported, "Search index commands are only supported with Atlas.")

func noSearch(*Server, *request) document { panic(errNoSearch) }

// appendOK ends a reply that is built by hand.
func appendOK(dst []byte) []byte { return bsoncore.AppendDoubleElement(dst, "ok", 1) }
