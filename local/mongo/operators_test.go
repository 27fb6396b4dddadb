package mongo

import (
	"bytes"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

func TestUpdatesRefusePathsThatCollide(t *testing.T) {
	for change, code := range map[string]int32{
		`{"$set": {"a": 1}, "$inc": {"a": 1}}`:                codeConflictingUpdate,
		`{"$set": {"a.b.c": 1}, "$unset": {"a": 1}}`:          codeConflictingUpdate,
		`{"$set": {"a": 1}, "$push": {"a.0": 1}}`:             codeConflictingUpdate,
		`{"$set": {"a.b": 1, "a-b": 1, "a": 1}}`:              codeConflictingUpdate,
		`{"$set": {"a.b": 1, "a.c": 1, "ab": 1, "a-b": 1}}`:   0,
		`{"$set": {"a..b": 1}}`:                               codeEmptyFieldName,
		`{"$pull": {"a": {"$nope": 1}}}`:                      codeBadValue,
		`{"$setOnInsert": {"a": 1}, "$unset": {"b.a": true}}`: 0,
	} {
		var d bson.D
		if err := bson.UnmarshalExtJSON([]byte(change), false, &d); err != nil {
			t.Fatal(err)
		}
		err := caught(func() { parseOperators(marshal(d)) })
		if got := codeOf(err); got != code {
			t.Errorf("%s: code %d, want %d", change, got, code)
		}
	}
}

func codeOf(err error) int32 {
	if err == nil {
		return 0
	}
	return asCommandError(err).code
}

// The relay removes the events of many aggregates with one update, so an update parses its conditions once, and not for
// each document.
func TestAnUpdateParsesItsConditionsOnce(t *testing.T) {
	event := func(i int) bson.D { return bson.D{{Key: "id", Value: fmt.Sprintf("event-%d", i)}} }
	var events bson.A
	for i := range 1000 {
		events = append(events, event(i)[0].Value)
	}
	ops := parseOperators(marshal(bson.D{{Key: "$pull", Value: bson.D{{Key: "outbox", Value: bson.D{{Key: "id", Value: bson.D{{Key: "$in", Value: events}}}}}}}}))
	doc := marshal(bson.D{{Key: "outbox", Value: bson.A{event(0), event(-1), event(999)}}})
	want := marshal(bson.D{{Key: "outbox", Value: bson.A{event(-1)}}})
	if got := applyOperators(doc, ops, false); !bytes.Equal(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if n := testing.AllocsPerRun(10, func() { applyOperators(doc, ops, false) }); n > 100 {
		t.Errorf("%v allocations for one document", n)
	}
}

// An update of the outbox doesn't touch the indexes of other fields, and one of an indexed field does.
func TestAnUpdateChangesTheIndexesOfItsFieldsOnly(t *testing.T) {
	words := parseIndex(marshal(bson.D{{Key: "key", Value: bson.D{{Key: "search.words", Value: 1}, {Key: "_id", Value: -1}}}, {Key: "name", Value: "words"}}))
	outbox := parseIndex(marshal(bson.D{{Key: "key", Value: bson.D{{Key: "outbox.0.id", Value: 1}}}, {Key: "name", Value: "outbox"}}))
	state := func(word string, events ...any) document {
		return marshal(bson.D{{Key: "_id", Value: 1}, {Key: "outbox", Value: bson.A(events)}, {Key: "search", Value: bson.D{{Key: "words", Value: bson.A{word}}}}})
	}
	for _, tt := range []struct {
		old, doc      document
		words, outbox bool
	}{
		{state("a", 1), state("a"), true, false},
		{state("a", 1), state("b", 1), false, true},
		{nil, state("a"), false, false},
		{state("a"), nil, false, false},
	} {
		if got := words.unaffected(tt.old, tt.doc); got != tt.words {
			t.Errorf("%s to %s: words unaffected: %v", tt.old, tt.doc, got)
		}
		if got := outbox.unaffected(tt.old, tt.doc); got != tt.outbox {
			t.Errorf("%s to %s: outbox unaffected: %v", tt.old, tt.doc, got)
		}
	}
}
