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
	// explained is set for a command within explain.
	explained bool
}

type argument struct {
	name  string
	value value
}

// parseRequest takes apart what is common to all commands.
func parseRequest(m *message) (*request, error) {
	r := &request{message: m, txn: -1}
	for k, v := range fields(m.body) {
		name := string(k)
		if r.name == "" {
			r.name, r.target = name, v
			continue
		}
		var err error
		switch name {
		case "$db":
			r.db, _ = v.StringValueOK()
		case "lsid":
			if r.session == "" { // the driver adds its own behind that of a raw command
				err = r.parseSession(v)
			}
		case "txnNumber":
			var ok bool
			if r.txn, ok = asInt(v); !ok || r.txn < 0 {
				err = errorf(codeBadValue, "txnNumber must be a non-negative integer")
			}
		case "autocommit", "startTransaction":
			err = errorf(codeIllegalOperation, "Transactions are not supported: this server runs each command on its own")
		case "maxTimeMS", "maxTimeMSOpOnly":
			err = r.parseMaxTime(v)
		case "writeConcern":
			err = r.parseWriteConcern(v)
		case "readConcern":
			err = parseReadConcern(v)
		case "apiVersion":
			if s, _ := v.StringValueOK(); s != "1" {
				err = errorf(codeAPIVersion, "API version must be \"1\"")
			}
		case "apiStrict":
			r.strict, err = asBool(name, v)
		case "comment", "$clusterTime", "$readPreference", "apiDeprecationErrors":
			// Nothing depends on them here: one member has every read.
		default:
			r.args = append(r.args, argument{name, v})
		}
		if err != nil {
			return r, err
		}
	}
	if m.legacy && r.db == "" {
		r.db = "admin"
	}
	switch {
	case r.name == "" || r.db == "":
		return r, errorf(codeMissingField, "OP_MSG requests require a $db argument")
	case r.txn >= 0 && r.session == "":
		return r, errorf(codeInvalidOptions, "Transaction number requires a session ID to also be specified")
	}
	return r, nil
}

func (r *request) parseSession(v value) error {
	if !isDocument(v) {
		return errorf(codeTypeMismatch, "lsid must be an object")
	}
	subtype, id, ok := field(v.Data, "id").BinaryOK()
	if !ok || subtype != 4 || len(id) != 16 {
		return errorf(codeTypeMismatch, "lsid.id must be a UUID")
	}
	r.session = string(id)
	return nil
}

func (r *request) parseMaxTime(v value) error {
	n, ok := asInt(v)
	if !ok || n < 0 || n > 1<<31-1 {
		return errorf(codeBadValue, "maxTimeMS must be a non-negative 32-bit integer")
	}
	if n > 0 && r.name != "getMore" { // there it bounds the wait for new documents
		r.deadline = time.Now().Add(time.Duration(n) * time.Millisecond)
	}
	return nil
}

func (r *request) parseWriteConcern(v value) error {
	if !isDocument(v) {
		return errorf(codeTypeMismatch, "writeConcern must be an object")
	}
	w := field(v.Data, "w")
	if mode, ok := w.StringValueOK(); ok && mode != "majority" {
		r.concern = writeConcernError(codeUnknownWriteConcern, "No write concern mode named '"+mode+"' found in replica set configuration")
	}
	if n, ok := asInt(w); ok && n > 1 {
		r.concern = writeConcernError(codeUnsatisfiableWrite, "Not enough data-bearing nodes")
	}
	return nil
}

func writeConcernError(code int32, msg string) bson.D {
	return bson.D{{Key: "code", Value: code}, {Key: "codeName", Value: codeName(code)}, {Key: "errmsg", Value: msg}}
}

func parseReadConcern(v value) error {
	if !isDocument(v) {
		return errorf(codeTypeMismatch, "readConcern must be an object")
	}
	level, _ := field(v.Data, "level").StringValueOK()
	switch level {
	case "", "local", "available", "majority", "linearizable":
		return nil
	case "snapshot":
		return errorf(codeSnapshotUnavailable, "Read concern snapshot is not supported")
	}
	return errorf(codeFailedToParse, "unknown read concern level %q", level)
}

// namespace is the collection that the command's own key names.
func (r *request) namespace() (string, error) {
	name, ok := r.target.StringValueOK()
	if !ok {
		return "", errorf(codeInvalidNamespace, "collection name has invalid type %s", r.target.Type)
	}
	if name == "" {
		return "", errorf(codeInvalidNamespace, "Invalid namespace specified '%s.'", r.db)
	}
	return r.db + "." + name, nil
}

// list is an argument that is an array of documents, or a document sequence.
func (r *request) list(name string) ([]document, error) {
	if list, ok := r.lists[name]; ok {
		return list, nil
	}
	for _, a := range r.args {
		if a.name != name {
			continue
		}
		if a.value.Type != bson.TypeArray {
			return nil, errorf(codeTypeMismatch, "%s.%s must be an array", r.name, name)
		}
		list := []document{}
		for _, v := range fields(a.value.Data) {
			if !isDocument(v) {
				return nil, errorf(codeTypeMismatch, "%s.%s must hold objects", r.name, name)
			}
			list = append(list, v.Data)
		}
		return list, nil
	}
	return nil, errorf(codeMissingField, "BSON field '%s.%s' is missing but a required field", r.name, name)
}

// each hands over the arguments. parse returns errUnknown for one that it doesn't know.
func (r *request) each(parse func(name string, v value) error) error {
	return eachArgument(r.name, r.args, parse)
}

var errUnknown = errorf(codeUnknownField, "unknown field")

func eachArgument(command string, args []argument, parse func(string, value) error) error {
	for _, a := range args {
		err := parse(a.name, a.value)
		if err == errUnknown {
			return errorf(codeUnknownField, "BSON field '%s.%s' is an unknown field.", command, a.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// argumentsOf lists the fields of a statement, such as one update of several.
func argumentsOf(doc document) []argument {
	var all []argument
	for k, v := range fields(doc) {
		all = append(all, argument{string(k), v})
	}
	return all
}

// none refuses all arguments but those named, which have no effect here.
func (r *request) none(except ...string) error {
	return r.each(func(name string, _ value) error {
		for _, e := range except {
			if name == e {
				return nil
			}
		}
		return errUnknown
	})
}

// expired ends a command that takes longer than it may.
func (r *request) expired(ctx context.Context) error {
	if ctx.Err() != nil {
		return errClosed
	}
	if !r.deadline.IsZero() && time.Now().After(r.deadline) {
		return errorf(codeMaxTimeMSExpired, "operation exceeded time limit")
	}
	return nil
}

// asDocument, asNatural, and asBool read arguments of one type.
func asDocument(name string, v value) (document, error) {
	if !isDocument(v) {
		return nil, errorf(codeTypeMismatch, "BSON field '%s' is the wrong type '%s', expected type 'object'", name, v.Type)
	}
	return v.Data, nil
}

func asNatural(name string, v value) (int64, error) {
	n, ok := asInt(v)
	if !ok || n < 0 {
		return 0, errorf(codeBadValue, "BSON field '%s' value must be a whole number >= 0", name)
	}
	return n, nil
}

func asBool(name string, v value) (bool, error) {
	if v.Type != bson.TypeBoolean && !isNumber(v) {
		return false, errorf(codeTypeMismatch, "BSON field '%s' is the wrong type '%s', expected type 'bool'", name, v.Type)
	}
	return truthy(v), nil
}
