package conformance

import (
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

var (
	unique       = options.Index().SetUnique(true)
	uniqueSparse = options.Index().SetUnique(true).SetSparse(true)
)

// A document is let in or refused by the indexes and the documents that are there.
func TestUniqueIndexes(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		options    *options.IndexOptions
		there      []string
		in, out    []string
	}{
		{"plain", `{"a": 1}`, unique, []string{`{"a": 1}`}, []string{`{"a": 2}`, `{"a": "1"}`}, []string{`{"a": 1}`, `{"a": 1.0}`}},
		{"missing is null", `{"a": 1}`, unique, []string{`{}`}, []string{`{"a": 0}`}, []string{`{"b": 1}`, `{"a": null}`}},
		{"sparse", `{"a": 1}`, uniqueSparse, []string{`{}`, `{"a": 1}`}, []string{`{}`, `{"b": 2}`, `{"a": null}`}, []string{`{"a": 1}`, `{"a": null}`}},
		{"compound", `{"a": 1, "b": -1}`, unique, []string{`{"a": 1, "b": 1}`}, []string{`{"a": 1, "b": 2}`, `{"a": 2, "b": 1}`, `{"a": 1}`}, []string{`{"a": 1, "b": 1, "c": 5}`, `{"a": 1, "b": null}`}},
		{"sparse compound", `{"a": 1, "b": 1}`, uniqueSparse, []string{`{"a": 1}`}, []string{`{}`, `{"c": 1}`, `{"b": 1}`}, []string{`{"a": 1}`}},
		{"multikey", `{"a": 1}`, unique, []string{`{"a": [1, 2]}`}, []string{`{"a": [3, 3]}`, `{"a": []}`}, []string{`{"a": [2, 4]}`, `{"a": 1}`, `{"a": []}`}},
		{"dotted", `{"a.b": 1}`, unique, []string{`{"a": {"b": 1}}`}, []string{`{"a": {"b": 2}}`, `{"a": [{"b": 3}, {"b": 4}]}`}, []string{`{"a": {"b": 1, "c": 2}}`, `{"a": [{"b": 4}]}`}},
		{"into an array", `{"outbox.0.id": 1}`, uniqueSparse, []string{`{"outbox": [{"id": 1}, {"id": 9}]}`}, []string{`{"outbox": [{"id": 2}, {"id": 1}]}`, `{"outbox": []}`, `{}`}, []string{`{"outbox": [{"id": 1}]}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			things := collection(t, c.there...)
			index(t, things, c.keys, c.options)
			insert(t, things, c.in...)
			for _, text := range c.out {
				if _, err := things.InsertOne(t.Context(), doc(t, text)); !driver.IsDuplicateKeyError(err) {
					t.Errorf("insert %s: %v, want a duplicate", text, err)
				}
				d := append(bson.D{{Key: "_id", Value: "other"}, {Key: "x", Value: 1}}, bson.D{}...)
				_, err := things.ReplaceOne(t.Context(), bson.M{"_id": "other"}, append(d, doc(t, text)...), options.Replace().SetUpsert(true))
				if !driver.IsDuplicateKeyError(err) {
					t.Errorf("upsert %s: %v, want a duplicate", text, err)
				}
			}
			if n, err := things.CountDocuments(t.Context(), bson.D{}); err != nil || int(n) != len(c.there)+len(c.in) {
				t.Errorf("%d documents (%v), want %d", n, err, len(c.there)+len(c.in))
			}
		})
	}
}

func TestDuplicateNamesItsKey(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1, "b": "x"}`, `{"_id": 2, "a": 2, "b": "x"}`)
	index(t, c, `{"a": 1, "b": 1}`, unique)
	_, inserted := c.InsertOne(t.Context(), doc(t, `{"_id": 3, "a": 1, "b": "x"}`))
	_, updated := c.UpdateOne(t.Context(), bson.M{"_id": 2}, bson.M{"$set": bson.M{"a": 1}})
	_, replaced := c.ReplaceOne(t.Context(), bson.M{"_id": 2}, doc(t, `{"a": 1, "b": "x"}`))
	for what, err := range map[string]error{"insert": inserted, "update": updated, "replace": replaced} {
		wantCode(t, what, err, 11000)
		var refused driver.WriteException
		if !errors.As(err, &refused) || len(refused.WriteErrors) != 1 {
			t.Fatalf("%s: %v", what, err)
		}
		var told struct {
			KeyPattern bson.D `bson:"keyPattern"`
			KeyValue   bson.D `bson:"keyValue"`
		}
		if err := bson.Unmarshal(refused.WriteErrors[0].Raw, &told); err != nil || told.KeyPattern == nil || told.KeyValue == nil {
			t.Fatalf("%s: no key in %v (%v)", what, refused.WriteErrors[0].Raw, err)
		}
		same(t, what, []string{text(t, told.KeyPattern), text(t, told.KeyValue)}, []string{`{"a":1,"b":1}`, `{"a":1,"b":"x"}`})
	}
	err := c.FindOneAndUpdate(t.Context(), bson.M{"_id": 2}, bson.M{"$set": bson.M{"a": 1}}).Err()
	wantCode(t, "findAndModify", err, 11000)
	_, err = c.InsertOne(t.Context(), bson.M{"_id": 1})
	wantCode(t, "_id", err, 11000)
	same(t, "unchanged", contents(t, c), []string{`{"_id":1,"a":1,"b":"x"}`, `{"_id":2,"a":2,"b":"x"}`})
}

// What changes is found by its new value and no longer by its old one.
func TestIndexesFollowChanges(t *testing.T) {
	c := collection(t)
	index(t, c, `{"a": 1}`)
	index(t, c, `{"list.id": 1}`)
	index(t, c, `{"list.0.id": 1}`, options.Index().SetSparse(true))
	insert(t, c, `{"_id": 1, "a": 1, "list": [{"id": 1}, {"id": 2}]}`, `{"_id": 2, "a": 2}`)
	update := func(u string) {
		t.Helper()
		if _, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, doc(t, u)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(filter string, want ...int) {
		t.Helper()
		same(t, filter, ids(t, c, filter), want)
	}
	want(`{"list.0.id": 1}`, 1)
	want(`{"list.id": 2}`, 1)
	update(`{"$pop": {"list": -1}, "$set": {"a": 2}}`)
	want(`{"a": 1}`)
	want(`{"a": 2}`, 1, 2)
	want(`{"list.0.id": 1}`)
	want(`{"list.0.id": 2}`, 1)
	want(`{"list.id": 1}`)
	update(`{"$pop": {"list": -1}}`)
	want(`{"list.0.id": {"$exists": true}}`)
	want(`{"list.id": 2}`)
	update(`{"$unset": {"a": ""}}`)
	want(`{"a": null}`, 1)
	if _, err := c.DeleteOne(t.Context(), bson.M{"_id": 1}); err != nil {
		t.Fatal(err)
	}
	want(`{"a": null}`)
	want(`{"a": {"$gt": 0}}`, 2)
}

func TestIndexOnDocumentsThatAreThere(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`)
	_, err := c.Indexes().CreateOne(t.Context(), driver.IndexModel{Keys: bson.M{"a": 1}, Options: options.Index().SetUnique(true)})
	wantCode(t, "unique over duplicates", err, 11000)
	index(t, c, `{"a": 1}`)
	same(t, "found", ids(t, c, `{"a": 1}`), []int{1, 2})
}

func TestCreatingIndexesAgain(t *testing.T) {
	c := collection(t)
	index(t, c, `{"a": 1, "b": -1}`, unique)
	index(t, c, `{"a": 1, "b": -1}`, unique) // the same is fine
	create := func(keys string, o *options.IndexOptions) error {
		_, err := c.Indexes().CreateOne(t.Context(), driver.IndexModel{Keys: doc(t, keys), Options: o})
		return err
	}
	wantCode(t, "same keys, other options", create(`{"a": 1, "b": -1}`, options.Index()), 85, 86)
	wantCode(t, "same keys, other name", create(`{"a": 1, "b": -1}`, options.Index().SetUnique(true).SetName("other")), 85)
	wantCode(t, "same name, other keys", create(`{"c": 1}`, options.Index().SetName("a_1_b_-1")), 86)
	wantCode(t, "no keys", create(`{}`, nil), 67)
	wantCode(t, "a direction of 0", create(`{"x": 0}`, nil), 67)
	wantCode(t, "an unknown kind", create(`{"x": "nonsense"}`, nil), 67)

	specs, err := c.Indexes().ListSpecifications(t.Context())
	if err != nil || len(specs) != 2 {
		t.Fatalf("%d indexes, %v", len(specs), err)
	}
	same(t, "indexes", []string{specs[0].Name, text(t, specs[0].KeysDocument), specs[1].Name, text(t, specs[1].KeysDocument)},
		[]string{"_id_", `{"_id":1}`, "a_1_b_-1", `{"a":1,"b":-1}`})
	if specs[1].Unique == nil || !*specs[1].Unique {
		t.Error("the index isn't listed as unique")
	}
}

func TestDroppingIndexes(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1}`)
	index(t, c, `{"a": 1}`, unique)
	_, err := c.Indexes().DropOne(t.Context(), "_id_")
	wantCode(t, "drop _id_", err, 72)
	_, err = c.Indexes().DropOne(t.Context(), "nonsense")
	wantCode(t, "drop one that isn't there", err, 27)
	if _, err := c.Indexes().DropOne(t.Context(), "a_1"); err != nil {
		t.Fatal(err)
	}
	insert(t, c, `{"_id": 2, "a": 1}`)
	index(t, c, `{"a": -1}`)
	if _, err := c.Indexes().DropAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if specs, err := c.Indexes().ListSpecifications(t.Context()); err != nil || len(specs) != 1 {
		t.Errorf("%d indexes are left, %v", len(specs), err)
	}
	_, err = c.Database().Collection("missing").Indexes().DropOne(t.Context(), "a_1")
	wantCode(t, "drop from no collection", err, 26)
}

// parallel arrays cannot be indexed together.
func TestParallelArraysAreRefused(t *testing.T) {
	c := collection(t)
	index(t, c, `{"a": 1, "b": 1}`)
	insert(t, c, `{"_id": 1, "a": [1, 2], "b": 1}`, `{"_id": 2, "a": 1, "b": [1, 2]}`)
	_, err := c.InsertOne(t.Context(), doc(t, `{"_id": 3, "a": [1], "b": [1]}`))
	wantCode(t, "two arrays", err, 171)
	same(t, "found", ids(t, c, `{"a": 1, "b": 1}`), []int{1, 2})
}
