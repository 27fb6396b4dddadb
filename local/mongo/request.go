package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// request is a command with what every command can carry.
type request struct {
	*message
	conn     *connection
	name     string
	db       string
	ns       string // of a command about a collection: database.collection
	target   value  // the value of the command's own key, usually a collection
	session  string
	txn      int64 // the transaction number of a retryable write, or -1
	deadline time.Time
	concern  bson.D // the write concern's error, if it can't be met
	args     []argument
	strict   bool // only commands of the stable API are wanted
}

type argument struct {
	name  string
	value value
}

// common reads what every command can carry.
var common = map[string]func(r *request, name string, v value){
	"$db":                  func(r *request, _ string, v value) { r.db, _ = v.StringValueOK() },
	"lsid":                 (*request).parseSession,
	"txnNumber":            func(r *request, name string, v value) { r.txn = asNatural(name, v) },
	"maxTimeMS":            (*request).parseMaxTime,
	"maxTimeMSOpOnly":      (*request).parseMaxTime,
	"writeConcern":         (*request).parseWriteConcern,
	"readConcern":          (*request).parseReadConcern,
	"apiVersion":           (*request).parseVersion,
	"apiStrict":            func(r *request, name string, v value) { r.strict = asBool(name, v) },
	"autocommit":           (*request).refuseTransaction,
	"startTransaction":     (*request).refuseTransaction,
	"comment":              func(*request, string, value) {},
	"apiDeprecationErrors": func(*request, string, value) {},
	"$clusterTime":         func(*request, string, value) {}, // one member has every read
	"$readPreference":      func(*request, string, value) {},
}

// parse takes a message apart.
func (r *request) parse() {
	for k, v := range fields(r.body) {
		name := string(k)
		if r.name == "" {
			r.name, r.target = name, v
		} else if read := common[name]; read != nil {
			read(r, name, v)
		} else {
			r.args = append(r.args, argument{name, v})
		}
	}
	if r.legacy && r.db == "" {
		r.db = "admin"
	}
	switch {
	case r.name == "" || r.db == "":
		refuse(codeMissingField, "OP_MSG requests require a $db argument")
	case r.txn >= 0 && r.session == "":
		refuse(codeInvalidOptions, "Transaction number requires a session ID to also be specified")
	}
}

func (r *request) refuseTransaction(string, value) {
	refuse(codeIllegalOperation, "Transactions are not supported: this server runs each command on its own")
}

func (r *request) parseVersion(_ string, v value) {
	if s, _ := v.StringValueOK(); s != "1" {
		refuse(codeAPIVersion, "API version must be \"1\"")
	}
}

func (r *request) parseSession(name string, v value) {
	if r.session != "" {
		return // the driver adds its own behind that of a raw command
	}
	subtype, id, ok := field(asDocument(name, v), "id").BinaryOK()
	if !ok || subtype != 4 || len(id) != 16 {
		refuse(codeTypeMismatch, "lsid.id must be a UUID")
	}
	r.session = string(id)
}

func (r *request) parseMaxTime(_ string, v value) {
	n, ok := asInt(v)
	if !ok || n < 0 || n > 1<<31-1 {
		refuse(codeBadValue, "maxTimeMS must be a non-negative 32-bit integer")
	}
	if n > 0 && r.name != "getMore" { // there it bounds the wait for new documents
		r.deadline = time.Now().Add(time.Duration(n) * time.Millisecond)
	}
}

func (r *request) parseWriteConcern(name string, v value) {
	w := field(asDocument(name, v), "w")
	fail := func(code int32, msg string) {
		r.concern = bson.D{{Key: "code", Value: code}, {Key: "codeName", Value: codeName(code)}, {Key: "errmsg", Value: msg}}
	}
	if mode, ok := w.StringValueOK(); ok && mode != "majority" {
		fail(codeUnknownWriteConcern, "No write concern mode named '"+mode+"' found in replica set configuration")
	}
	if n, ok := asInt(w); ok && n > 1 {
		fail(codeUnsatisfiableWrite, "Not enough data-bearing nodes")
	}
}

func (r *request) parseReadConcern(name string, v value) {
	switch level, _ := field(asDocument(name, v), "level").StringValueOK(); level {
	case "", "local", "available", "majority", "linearizable":
	case "snapshot":
		refuse(codeSnapshotUnavailable, "Read concern snapshot is not supported")
	default:
		refuse(codeFailedToParse, "unknown read concern level %q", level)
	}
}

// namespace is the collection that the command's own key names.
func (r *request) namespace() string {
	name, ok := r.target.StringValueOK()
	if !ok {
		refuse(codeInvalidNamespace, "collection name has invalid type %s", r.target.Type)
	}
	if name == "" {
		refuse(codeInvalidNamespace, "Invalid namespace specified '%s.'", r.db)
	}
	return r.db + "." + name
}

// list is an argument that is an array of documents, or a document sequence.
func (r *request) list(name string) (list []document) {
	if list, ok := r.lists[name]; ok {
		return list
	}
	for _, a := range r.args {
		if a.name == name {
			if a.value.Type != bson.TypeArray {
				refuse(codeTypeMismatch, "%s.%s must be an array", r.name, name)
			}
			for _, v := range fields(a.value.Data) {
				list = append(list, asDocument(r.name+"."+name, v))
			}
			return list
		}
	}
	refuse(codeMissingField, "BSON field '%s.%s' is missing but a required field", r.name, name)
	return nil
}

// expired ends a command that takes longer than it may.
func (r *request) expired(ctx context.Context) {
	if ctx.Err() != nil {
		panic(errClosed)
	}
	if !r.deadline.IsZero() && time.Now().After(r.deadline) {
		refuse(codeMaxTimeMSExpired, "operation exceeded time limit")
	}
}
