package mongo

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// MongoDB's error codes.
const (
	codeInternal              = 1
	codeBadValue              = 2
	codeFailedToParse         = 9
	codeUnauthorized          = 13
	codeTypeMismatch          = 14
	codeOverflow              = 15
	codeInvalidLength         = 16
	codeIllegalOperation      = 20
	codeInvalidBSON           = 22
	codeNamespaceNotFound     = 26
	codeIndexNotFound         = 27
	codePathNotViable         = 28
	codeConflictingUpdate     = 40
	codeCursorNotFound        = 43
	codeNamespaceExists       = 48
	codeMaxTimeMSExpired      = 50
	codeDollarPrefixed        = 52
	codeInvalidIDField        = 53
	codeEmptyFieldName        = 56
	codeCommandNotFound       = 59
	codeImmutableField        = 66
	codeCannotCreateIndex     = 67
	codeInvalidOptions        = 72
	codeInvalidNamespace      = 73
	codeUnknownWriteConcern   = 79
	codeIndexOptionsConflict  = 85
	codeIndexKeySpecsConflict = 86
	codeUnsatisfiableWrite    = 100
	codeTransactionTooOld     = 225
	codeSnapshotUnavailable   = 246
	codeNoSuchTransaction     = 251
	codeQueryMemory           = 292
	codeAPIVersion            = 322
	codeAPIStrict             = 323
	codeObjectTooLarge        = 10334
	codeDuplicateKey          = 11000
	codeAmbiguousPath         = 16746
	codeKeyTooLarge           = 17280
	codeSearchNotSupported    = 31082
	codePathCollision         = 31249
	codeProjectionMixed       = 31254
	codeUnknownStage          = 40324
	codeMissingField          = 40414
	codeUnknownField          = 40415
	codeInterruptedAtShutdown = 11600
	codeCannotIndexParallel   = 171
	codeQueryPlanKilled       = 175
	codeInvalidIndexOption    = 197
	codeOutOfDiskSpace        = 14031
)

var codeNames = map[int32]string{
	codeInternal: "InternalError", codeBadValue: "BadValue", codeFailedToParse: "FailedToParse",
	codeUnauthorized: "Unauthorized", codeTypeMismatch: "TypeMismatch", codeOverflow: "Overflow",
	codeInvalidLength: "InvalidLength", codeIllegalOperation: "IllegalOperation", codeInvalidBSON: "InvalidBSON",
	codeNamespaceNotFound: "NamespaceNotFound", codeIndexNotFound: "IndexNotFound", codePathNotViable: "PathNotViable",
	codeConflictingUpdate: "ConflictingUpdateOperators", codeCursorNotFound: "CursorNotFound",
	codeNamespaceExists: "NamespaceExists", codeMaxTimeMSExpired: "MaxTimeMSExpired",
	codeDollarPrefixed: "DollarPrefixedFieldName", codeInvalidIDField: "InvalidIdField",
	codeEmptyFieldName: "EmptyFieldName", codeCommandNotFound: "CommandNotFound", codeImmutableField: "ImmutableField",
	codeCannotCreateIndex: "CannotCreateIndex", codeInvalidOptions: "InvalidOptions",
	codeInvalidNamespace: "InvalidNamespace", codeUnknownWriteConcern: "UnknownReplWriteConcern",
	codeIndexOptionsConflict: "IndexOptionsConflict", codeIndexKeySpecsConflict: "IndexKeySpecsConflict",
	codeUnsatisfiableWrite: "UnsatisfiableWriteConcern", codeTransactionTooOld: "TransactionTooOld",
	codeSnapshotUnavailable: "SnapshotUnavailable", codeNoSuchTransaction: "NoSuchTransaction",
	codeQueryMemory: "QueryExceededMemoryLimitNoDiskUseAllowed", codeAPIVersion: "APIVersionError", codeAPIStrict: "APIStrictError",
	codeObjectTooLarge: "BSONObjectTooLarge", codeDuplicateKey: "DuplicateKey",
	codeInterruptedAtShutdown: "InterruptedAtShutdown", codeCannotIndexParallel: "CannotIndexParallelArrays", codeQueryPlanKilled: "QueryPlanKilled",
	codeInvalidIndexOption: "InvalidIndexSpecificationOption",
	codeOutOfDiskSpace:     "OutOfDiskSpace", codeUnknownField: "IDLUnknownField", codeMissingField: "IDLFailedToParse",
}

// retryable are the codes after which a driver may send a write again.
var retryable = []int32{6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}

// commandError is a refusal with MongoDB's code. A command that is refused has changed nothing.
type commandError struct {
	code   int32
	msg    string
	extra  bson.D // further fields, such as keyPattern
	labels []string
}

func (e *commandError) Error() string { return e.msg }

func errorf(code int32, format string, args ...any) *commandError {
	return &commandError{code: code, msg: fmt.Sprintf(format, args...)}
}

// refuse ends a command with an error for the client.
func refuse(code int32, format string, args ...any) { panic(errorf(code, format, args...)) }

// must ends a command that fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// panicked is a panic that no command means: a bug.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("internal error: %v", p.value) }

// caught runs part of a command and returns the error that ended it. Commands fail by panicking, as decoders in the
// standard library do, so code that parses or writes reads as if nothing could go wrong.
func caught(run func()) (err error) {
	defer func() {
		p := recover()
		err, _ = p.(error)
		if _, bug := p.(runtime.Error); bug || (p != nil && err == nil) {
			err = &panicked{p, debug.Stack()}
		}
	}()
	run()
	return nil
}

// asCommandError turns any error into one that a client can read.
func asCommandError(err error) *commandError {
	if e, ok := errors.AsType[*commandError](err); ok {
		return e
	}
	return errorf(codeInternal, "%s", err)
}

func codeName(code int32) string {
	if name, ok := codeNames[code]; ok {
		return name
	}
	return fmt.Sprintf("Location%d", code)
}

// reply is the answer to a command that failed as a whole.
func (e *commandError) reply(retry bool) document {
	doc := bson.D{{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: e.msg}, {Key: "code", Value: e.code}, {Key: "codeName", Value: codeName(e.code)}}
	doc = append(doc, e.extra...)
	labels := e.labels
	if labels == nil && retry && slices.Contains(retryable, e.code) {
		labels = []string{"RetryableWriteError"}
	}
	if len(labels) > 0 {
		doc = append(doc, bson.E{Key: "errorLabels", Value: labels})
	}
	return marshal(doc)
}

// writeError is the answer to one write of several.
func (e *commandError) writeError(index int) bson.D {
	return append(bson.D{{Key: "index", Value: int32(index)}, {Key: "code", Value: e.code}, {Key: "errmsg", Value: e.msg}}, e.extra...)
}
