package conformance

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

var updates = []struct{ before, update, after string }{
	{`{"a":1}`, `{"$set": {"b": 2}}`, `{"a":1,"b":2}`},
	{`{"a":1}`, `{"$set": {"a": "x"}}`, `{"a":"x"}`},
	{`{"a":{"b":1}}`, `{"$set": {"a.c": 2, "d.e": 3}}`, `{"a":{"b":1,"c":2},"d":{"e":3}}`},
	{`{"a":[1,2]}`, `{"$set": {"a.1": 9, "a.3": 7}}`, `{"a":[1,9,null,7]}`},
	{`{"a":[{"b":1}]}`, `{"$set": {"a.0.b": 2}}`, `{"a":[{"b":2}]}`},
	{`{}`, `{"$set": {"z": 1, "b": 2}}`, `{"b":2,"z":1}`},
	{`{"a":1,"b":2}`, `{"$unset": {"a": "", "x": 1}}`, `{"b":2}`},
	{`{"a":{"b":1}}`, `{"$unset": {"a.b": ""}}`, `{"a":{}}`},
	{`{"a":[1,2]}`, `{"$unset": {"a.0": ""}}`, `{"a":[null,2]}`},
	{`{"a":1}`, `{"$inc": {"a": 2, "b": -1}}`, `{"a":3,"b":-1}`},
	{`{"a":1}`, `{"$inc": {"a": 0.5}}`, `{"a":1.5}`},
	{`{"a":2147483647}`, `{"$inc": {"a": 1}}`, `{"a":2147483648}`},
	{`{"a":5}`, `{"$min": {"a": 3, "b": 1}}`, `{"a":3,"b":1}`},
	{`{"a":5}`, `{"$min": {"a": 7}}`, `{"a":5}`},
	{`{"a":5}`, `{"$max": {"a": 7}}`, `{"a":7}`},
	{`{"a":5}`, `{"$max": {"a": "x"}}`, `{"a":"x"}`},
	{`{}`, `{"$push": {"a": 1}}`, `{"a":[1]}`},
	{`{"a":[1]}`, `{"$push": {"a": [2]}}`, `{"a":[1,[2]]}`},
	{`{"a":[1]}`, `{"$push": {"a": {"$each": [2,3]}}}`, `{"a":[1,2,3]}`},
	{`{"a":[1,2,3]}`, `{"$pop": {"a": 1}}`, `{"a":[1,2]}`},
	{`{"a":[1,2,3]}`, `{"$pop": {"a": -1}}`, `{"a":[2,3]}`},
	{`{"a":[]}`, `{"$pop": {"a": -1}}`, `{"a":[]}`},
	{`{"a":[1,2,1,3]}`, `{"$pull": {"a": 1}}`, `{"a":[2,3]}`},
	{`{"a":[1,5,9]}`, `{"$pull": {"a": {"$gte": 5}}}`, `{"a":[1]}`},
	{`{"a":[{"b":1,"c":1},{"b":2}]}`, `{"$pull": {"a": {"b": 1}}}`, `{"a":[{"b":2}]}`},
	{`{"a":[{"b":[1,2]},{"b":[3]}]}`, `{"$pull": {"a": {"b": 2}}}`, `{"a":[{"b":[3]}]}`},
	{`{"a":[1]}`, `{"$addToSet": {"a": 1}}`, `{"a":[1]}`},
	{`{"a":[1]}`, `{"$addToSet": {"a": {"$each": [1,2,2]}}}`, `{"a":[1,2]}`},
	{`{"a":[{"x":1}]}`, `{"$addToSet": {"a": {"x": 1}}}`, `{"a":[{"x":1}]}`},
	{`{"a":1}`, `{"$setOnInsert": {"b": 2}}`, `{"a":1}`},
	{`{"a":1,"b":[1]}`, `{"$set": {"c": 1}, "$inc": {"a": 1}, "$push": {"b": 2}}`, `{"a":2,"b":[1,2],"c":1}`},
}

func TestUpdates(t *testing.T) {
	c := database(t).Collection("things")
	for i, u := range updates {
		d := append(bson.D{{Key: "_id", Value: i}}, doc(t, u.before)...)
		if _, err := c.InsertOne(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		r, err := c.UpdateOne(t.Context(), bson.M{"_id": i}, doc(t, u.update))
		if err != nil {
			t.Errorf("%s on %s: %v", u.update, u.before, err)
			continue
		}
		o := options.Find().SetProjection(bson.M{"_id": 0})
		same(t, u.update, find(t, c, bson.M{"_id": i}, o), []string{u.after})
		if changed := u.before != u.after; r.MatchedCount != 1 || (r.ModifiedCount == 1) != changed {
			t.Errorf("%s on %s: matched %d, modified %d", u.update, u.before, r.MatchedCount, r.ModifiedCount)
		}
	}
}

// Each is refused with one of these codes, and changes nothing.
var refusedUpdates = []struct {
	update string
	codes  []int
}{
	{`{"$set": {"_id": 2}}`, []int{66}},
	{`{"$unset": {"_id": ""}}`, []int{66}},
	{`{"$inc": {"s": 1}}`, []int{14}},
	{`{"$inc": {"n": "x"}}`, []int{14}},
	{`{"$push": {"n": 1}}`, []int{2}},
	{`{"$addToSet": {"n": 1}}`, []int{2}},
	{`{"$pop": {"n": 1}}`, []int{14}},
	{`{"$pull": {"n": 1}}`, []int{2}},
	{`{"$set": {"n.x": 1}}`, []int{28}},
	{`{"$set": {"a": 1, "a.b": 2}}`, []int{40}},
	{`{"$set": {"a": 1}, "$inc": {"a": 1}}`, []int{40}},
	{`{"$set": {"list.x": 1}}`, []int{28}},
	{`{"$nonsense": {"a": 1}}`, []int{9}},
	{`{"$set": {"": 1}}`, []int{56}},
	{`{"$set": {"a..b": 1}}`, []int{56}},
}

func TestRefusedUpdatesChangeNothing(t *testing.T) {
	const before = `{"_id":1,"n":1,"s":"x","list":[1]}`
	c := collection(t, before)
	for _, u := range refusedUpdates {
		_, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, doc(t, u.update))
		wantCode(t, u.update, err, u.codes...)
		same(t, u.update, contents(t, c), []string{before})
	}
	_, err := c.ReplaceOne(t.Context(), bson.M{"_id": 1}, bson.M{"_id": 2})
	wantCode(t, "another _id by replacement", err, 66)
	same(t, "replacement", contents(t, c), []string{before})
}

func TestUpsertTakesTheEqualitiesOfItsFilter(t *testing.T) {
	c := collection(t)
	upsert := options.Update().SetUpsert(true)
	for _, u := range []struct{ filter, update, after string }{
		{`{"_id": 1, "a": 5, "b": {"$gt": 1}}`, `{"$set": {"c": 1}}`, `{"_id":1,"a":5,"c":1}`},
		{`{"_id": 2, "x.y": 1}`, `{"$inc": {"n": 1}}`, `{"_id":2,"x":{"y":1},"n":1}`},
		{`{"$and": [{"_id": 3}, {"a": {"$eq": 2}}]}`, `{"$setOnInsert": {"b": 1}, "$set": {"c": 2}}`, `{"_id":3,"a":2,"b":1,"c":2}`},
	} {
		r, err := c.UpdateOne(t.Context(), doc(t, u.filter), doc(t, u.update), upsert)
		if err != nil || r.UpsertedCount != 1 || r.UpsertedID == nil {
			t.Fatalf("%s: %+v, %v", u.filter, r, err)
		}
		same(t, u.filter, find(t, c, bson.M{"_id": r.UpsertedID}), []string{u.after})
	}
	r, err := c.UpdateOne(t.Context(), bson.M{"a": 77}, bson.M{"$set": bson.M{"c": 1}}, upsert)
	if err != nil || r.UpsertedID == nil {
		t.Errorf("upsert without _id: %+v, %v", r, err)
	}
	r, err = c.ReplaceOne(t.Context(), bson.M{"_id": 9}, bson.M{"z": 1}, options.Replace().SetUpsert(true))
	if err != nil || r.UpsertedCount != 1 {
		t.Errorf("replacement: %+v, %v", r, err)
	}
	same(t, "replacement", find(t, c, bson.M{"_id": 9}), []string{`{"_id":9,"z":1}`})
}

func TestCurrentDate(t *testing.T) {
	c := collection(t, `{"_id": 1}`)
	before := time.Now().Add(-time.Second)
	if _, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, bson.M{"$currentDate": bson.M{"at": true}}); err != nil {
		t.Fatal(err)
	}
	var got struct{ At time.Time }
	if err := c.FindOne(t.Context(), bson.M{}).Decode(&got); err != nil || got.At.Before(before) || got.At.After(time.Now().Add(time.Second)) {
		t.Errorf("%v, %v", got.At, err)
	}
}

func TestUpdateManyAndDeleteMany(t *testing.T) {
	c := collection(t, `{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`, `{"_id": 3, "a": 2}`)
	r, err := c.UpdateMany(t.Context(), bson.M{"a": 1}, bson.M{"$inc": bson.M{"a": 1}})
	if err != nil || r.MatchedCount != 2 || r.ModifiedCount != 2 {
		t.Errorf("updateMany: %+v, %v", r, err)
	}
	same(t, "updated", ids(t, c, `{"a": 2}`), []int{1, 2, 3})
	d, err := c.DeleteMany(t.Context(), bson.M{"_id": bson.M{"$gt": 1}})
	if err != nil || d.DeletedCount != 2 {
		t.Errorf("deleteMany: %+v, %v", d, err)
	}
	same(t, "left", contents(t, c), []string{`{"_id":1,"a":2}`})
}

// An update that moves documents ahead in the index it reads from touches each once.
func TestUpdateManyTouchesEachDocumentOnce(t *testing.T) {
	c := collection(t)
	index(t, c, `{"n": 1}`)
	var docs []any
	for i := range 500 {
		docs = append(docs, bson.M{"_id": i, "n": i})
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	r, err := c.UpdateMany(t.Context(), bson.M{"n": bson.M{"$gte": 0}}, bson.M{"$inc": bson.M{"n": 100, "times": 1}})
	if err != nil || r.ModifiedCount != 500 {
		t.Fatalf("%+v, %v", r, err)
	}
	if n, err := c.CountDocuments(t.Context(), bson.M{"times": 1, "n": bson.M{"$gte": 100}}); n != 500 || err != nil {
		t.Errorf("%d were touched once (%v)", n, err)
	}
}

func TestFindAndModify(t *testing.T) {
	c := collection(t, `{"_id": 1, "n": 3}`, `{"_id": 2, "n": 1}`, `{"_id": 3, "n": 2}`)
	least := bson.D{{Key: "n", Value: 1}}
	read := func(r *driver.SingleResult) string {
		t.Helper()
		raw, err := r.Raw()
		if err != nil {
			t.Fatal(err)
		}
		return text(t, raw)
	}
	got := []string{
		read(c.FindOneAndUpdate(t.Context(), bson.M{}, bson.M{"$set": bson.M{"n": 9}}, options.FindOneAndUpdate().SetSort(least))),
		read(c.FindOneAndReplace(t.Context(), bson.M{}, bson.M{"n": 8}, options.FindOneAndReplace().SetSort(least).SetReturnDocument(options.After))),
		read(c.FindOneAndDelete(t.Context(), bson.M{}, options.FindOneAndDelete().SetSort(least).SetProjection(bson.M{"n": 1, "_id": 0}))),
		read(c.FindOneAndUpdate(t.Context(), bson.M{"_id": 7}, bson.M{"$inc": bson.M{"n": 1}},
			options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After))),
	}
	same(t, "answers", got, []string{`{"_id":2,"n":1}`, `{"_id":3,"n":8}`, `{"n":3}`, `{"_id":7,"n":1}`})
	same(t, "left", contents(t, c), []string{`{"_id":2,"n":9}`, `{"_id":3,"n":8}`, `{"_id":7,"n":1}`})
	if err := c.FindOneAndDelete(t.Context(), bson.M{"_id": 99}).Err(); err != driver.ErrNoDocuments {
		t.Errorf("nothing to delete: %v", err)
	}
}
