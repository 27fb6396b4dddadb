package mongo

import (
	"math"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// failPoint makes commands fail, for the tests of clients.
type failPoint struct {
	mu    sync.Mutex
	left  int64 // how many times
	skip  int64
	fault fault
}

// fault is what happens to a command.
type fault struct {
	commands          []string
	appName           string
	code              int32
	hangUp            bool
	block             time.Duration
	labels            []string
	writeConcernError bson.D
}

func (s *Server) configureFailPoint(r *request) (document, error) {
	if name, _ := r.target.StringValueOK(); name != "failCommand" {
		return nil, errorf(codeBadValue, "fail point '%s' is not supported", name)
	}
	var f failPoint
	err := r.each(func(name string, v value) error {
		switch name {
		case "mode":
			return f.parseMode(v)
		case "data":
			return f.fault.parse(v)
		}
		return errUnknown
	})
	if err != nil {
		return nil, err
	}
	s.failures.mu.Lock()
	defer s.failures.mu.Unlock()
	s.failures.left, s.failures.skip, s.failures.fault = f.left, f.skip, f.fault
	return ok(), nil
}

func (f *failPoint) parseMode(v value) error {
	mode, _ := v.StringValueOK()
	times, isTimes := int64(0), false
	if isDocument(v) {
		times, isTimes = asInt(field(v.Data, "times"))
		if n, ok := asInt(field(v.Data, "skip")); ok {
			f.left, f.skip = math.MaxInt64, n
			return nil
		}
	}
	switch {
	case mode == "off":
	case mode == "alwaysOn":
		f.left = math.MaxInt64
	case isTimes && times >= 0:
		f.left = times
	default:
		return errorf(codeBadValue, "the mode of a fail point is off, alwaysOn, times, or skip")
	}
	return nil
}

func (f *fault) parse(v value) error {
	doc, err := asDocument("data", v)
	if err != nil {
		return err
	}
	return eachArgument("configureFailPoint.data", argumentsOf(doc), func(name string, v value) (err error) {
		switch name {
		case "failCommands":
			f.commands, err = texts(v)
		case "errorCode":
			n, ok := asInt(v)
			if !ok {
				return errorf(codeBadValue, "errorCode must be a number")
			}
			f.code = int32(n)
		case "closeConnection":
			f.hangUp, err = asBool(name, v)
		case "blockConnection", "failInternalCommands":
			_, err = asBool(name, v)
		case "blockTimeMS":
			var n int64
			n, err = asNatural(name, v)
			f.block = time.Duration(n) * time.Millisecond
		case "errorLabels":
			f.labels, err = texts(v)
		case "appName":
			f.appName, _ = v.StringValueOK()
		case "writeConcernError":
			if !isDocument(v) {
				return errorf(codeTypeMismatch, "writeConcernError must be an object")
			}
			err = bson.Unmarshal(v.Data, &f.writeConcernError)
		default:
			err = errUnknown
		}
		return err
	})
}

// texts reads an array of strings.
func texts(v value) ([]string, error) {
	if v.Type != bson.TypeArray {
		return nil, errorf(codeTypeMismatch, "an array of strings is expected")
	}
	list := []string{}
	for _, item := range fields(v.Data) {
		text, ok := item.StringValueOK()
		if !ok {
			return nil, errorf(codeTypeMismatch, "an array of strings is expected")
		}
		list = append(list, text)
	}
	return list, nil
}

// take counts down if a command is meant.
func (f *failPoint) take(r *request) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 || r.name == "configureFailPoint" || !slices.Contains(f.fault.commands, r.name) ||
		(f.fault.appName != "" && f.fault.appName != r.conn.appName) {
		return fault{}, false
	}
	if f.skip > 0 {
		f.skip--
		return fault{}, false
	}
	if f.left != math.MaxInt64 {
		f.left--
	}
	return f.fault, true
}

// inject lets a command fail. What is left of the fault applies to its answer.
func (f *failPoint) inject(r *request) (injected fault, err error, hangUp bool) {
	injected, meant := f.take(r)
	if !meant {
		return fault{}, nil, false
	}
	time.Sleep(injected.block)
	if injected.hangUp {
		return fault{}, nil, true
	}
	if injected.code != 0 {
		e := errorf(injected.code, "Failing command via 'failCommand' failpoint")
		e.labels = injected.labels
		return fault{}, e, false
	}
	return injected, nil, false
}

// addTo puts a write concern's error into the answer to a write.
func (f fault) addTo(reply document, r *request) document {
	if f.writeConcernError == nil {
		return reply
	}
	var d bson.D
	if err := bson.Unmarshal(reply, &d); err != nil {
		panic("read an answer: " + err.Error())
	}
	d = append(d, bson.E{Key: "writeConcernError", Value: f.writeConcernError})
	labels := f.labels
	for _, e := range f.writeConcernError {
		if code, ok := e.Value.(int32); ok && e.Key == "code" && labels == nil && r.txn >= 0 && slices.Contains(retryable, code) {
			labels = []string{"RetryableWriteError"}
		}
	}
	if len(labels) > 0 {
		d = append(d, bson.E{Key: "errorLabels", Value: labels})
	}
	return marshal(d)
}
