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
	code, block       int64 // block is in milliseconds
	hangUp            bool
	labels            []string
	writeConcernError bson.D
}

func (s *Server) configureFailPoint(r *request) document {
	if name, _ := r.target.StringValueOK(); name != "failCommand" {
		refuse(codeBadValue, "fail point '%s' is not supported", name)
	}
	var f failPoint
	params{"mode": f.parseMode, "data": f.fault.parse}.read(r.name, r.args)
	s.failures.mu.Lock()
	defer s.failures.mu.Unlock()
	s.failures.left, s.failures.skip, s.failures.fault = f.left, f.skip, f.fault
	return ok()
}

func (f *failPoint) parseMode(_ string, v value) {
	mode, _ := v.StringValueOK()
	times, isTimes := asInt(field(inner(v), "times"))
	skip, isSkip := asInt(field(inner(v), "skip"))
	switch {
	case mode == "off":
	case mode == "alwaysOn" || isSkip:
		f.left, f.skip = math.MaxInt64, skip
	case isTimes && times >= 0:
		f.left = times
	default:
		refuse(codeBadValue, "the mode of a fail point is off, alwaysOn, times, or skip")
	}
}

func (f *fault) parse(name string, v value) {
	params{"failCommands": textsInto(&f.commands), "errorCode": naturalInto(&f.code), "closeConnection": boolInto(&f.hangUp),
		"blockConnection": flag, "failInternalCommands": flag, "blockTimeMS": naturalInto(&f.block), "errorLabels": textsInto(&f.labels),
		"appName": textInto(&f.appName),
		"writeConcernError": func(name string, v value) {
			must(bson.Unmarshal(asDocument(name, v), &f.writeConcernError))
		},
	}.readDocument("configureFailPoint.data", asDocument(name, v))
}

// textsInto reads an array of strings.
func textsInto(list *[]string) func(string, value) {
	return func(name string, v value) {
		*list = []string{}
		if v.Type != bson.TypeArray {
			refuse(codeTypeMismatch, "%s must be an array of strings", name)
		}
		for _, item := range fields(v.Data) {
			text, ok := item.StringValueOK()
			if !ok {
				refuse(codeTypeMismatch, "%s must be an array of strings", name)
			}
			*list = append(*list, text)
		}
	}
}

// take counts down if a command is meant.
func (f *failPoint) take(r *request) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.left == 0 || r.name == "configureFailPoint" || !slices.Contains(f.fault.commands, r.name) ||
		(f.fault.appName != "" && f.fault.appName != r.conn.appName):
		return fault{}, false
	case f.skip > 0:
		f.skip--
		return fault{}, false
	case f.left != math.MaxInt64:
		f.left--
	}
	return f.fault, true
}

// inject lets a command fail. What it returns applies to the answer.
func (f *failPoint) inject(r *request) (concern bson.D, labels []string, hangUp bool) {
	injected, meant := f.take(r)
	if !meant {
		return nil, nil, false
	}
	time.Sleep(time.Duration(injected.block) * time.Millisecond)
	if injected.code != 0 && !injected.hangUp {
		e := errorf(int32(injected.code), "Failing command via 'failCommand' failpoint")
		e.labels = injected.labels
		panic(e)
	}
	return injected.writeConcernError, injected.labels, injected.hangUp
}

// withConcern adds a write concern's error to the answer to a write.
func withConcern(reply document, r *request, concern bson.D, labels []string) document {
	var d bson.D
	must(bson.Unmarshal(reply, &d))
	d = append(d, bson.E{Key: "writeConcernError", Value: concern})
	code, _ := asInt(field(marshal(concern), "code"))
	if labels == nil && r.txn >= 0 && slices.Contains(retryable, int32(code)) {
		labels = []string{"RetryableWriteError"}
	}
	if len(labels) > 0 {
		d = append(d, bson.E{Key: "errorLabels", Value: labels})
	}
	return marshal(d)
}
