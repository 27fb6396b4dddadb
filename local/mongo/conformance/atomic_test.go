package conformance

import (
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// connections is how many clients write the same document at once.
const connections = 64

// rivals runs do at once on connections of their own, which are open when it starts.
func rivals(t *testing.T, do func(i int, c *driver.Collection)) *driver.Collection {
	t.Helper()
	db := database(t, options.Client().SetMaxPoolSize(connections).SetMinPoolSize(connections))
	c := db.Collection("things")
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			<-start
			do(i, c)
		})
	}
	insert(t, c, `{"_id": 1, "n": 0, "version": 0, "list": []}`)
	close(start)
	all.Wait()
	return c
}

func TestIncrementsOf64ConnectionsAllCount(t *testing.T) {
	const each = 20
	c := rivals(t, func(_ int, c *driver.Collection) {
		for range each {
			if _, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, bson.M{"$inc": bson.M{"n": 1}}); err != nil {
				t.Error(err)
			}
		}
	})
	same(t, "documents", find(t, c, bson.M{"n": connections * each}, options.Find().SetProjection(bson.M{"_id": 1})), []string{`{"_id":1}`})
}

func TestPushesOf64ConnectionsAreAllKept(t *testing.T) {
	c := rivals(t, func(i int, c *driver.Collection) {
		if _, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, bson.M{"$push": bson.M{"list": i}}); err != nil {
			t.Error(err)
		}
	})
	var got struct{ List []int }
	if err := c.FindOne(t.Context(), bson.M{"_id": 1}).Decode(&got); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, i := range got.List {
		seen[i] = true
	}
	if len(got.List) != connections || len(seen) != connections {
		t.Errorf("%d elements, %d different, want %d", len(got.List), len(seen), connections)
	}
}

// Each way to claim a document has one winner.
func TestConditionalClaimsHaveOneWinner(t *testing.T) {
	claims := map[string]func(i int, c *driver.Collection) (won bool, err error){
		"updateOne": func(i int, c *driver.Collection) (bool, error) {
			r, err := c.UpdateOne(t.Context(), bson.M{"_id": 1, "owner": bson.M{"$exists": false}}, bson.M{"$set": bson.M{"owner": i}})
			return err == nil && r.ModifiedCount == 1, err
		},
		"replaceOne": func(i int, c *driver.Collection) (bool, error) {
			r, err := c.ReplaceOne(t.Context(), bson.M{"_id": 1, "version": 0}, bson.M{"version": 1, "owner": i})
			return err == nil && r.MatchedCount == 1, err
		},
		"findOneAndUpdate": func(i int, c *driver.Collection) (bool, error) {
			err := c.FindOneAndUpdate(t.Context(), bson.M{"version": 0}, bson.M{"$inc": bson.M{"version": 1}}).Err()
			if err == driver.ErrNoDocuments {
				return false, nil
			}
			return err == nil, err
		},
		"updateMany": func(i int, c *driver.Collection) (bool, error) {
			r, err := c.UpdateMany(t.Context(), bson.M{"version": 0}, bson.M{"$set": bson.M{"version": 1}})
			return err == nil && r.ModifiedCount == 1, err
		},
		"deleteOne": func(_ int, c *driver.Collection) (bool, error) {
			r, err := c.DeleteOne(t.Context(), bson.M{"version": 0})
			return err == nil && r.DeletedCount == 1, err
		},
		"insertOne": func(i int, c *driver.Collection) (bool, error) {
			_, err := c.InsertOne(t.Context(), bson.M{"_id": "taken", "owner": i})
			if driver.IsDuplicateKeyError(err) {
				return false, nil
			}
			return err == nil, err
		},
		"upsert": func(i int, c *driver.Collection) (bool, error) {
			r, err := c.UpdateOne(t.Context(), bson.M{"_id": "new"}, bson.M{"$setOnInsert": bson.M{"owner": i}}, options.Update().SetUpsert(true))
			if driver.IsDuplicateKeyError(err) { // MongoDB may let the loser of a race see it
				return false, nil
			}
			return err == nil && r.UpsertedCount == 1, err
		},
	}
	for name, claim := range claims {
		t.Run(name, func(t *testing.T) {
			var winners atomic.Int64
			rivals(t, func(i int, c *driver.Collection) {
				won, err := claim(i, c)
				if err != nil {
					t.Error(err)
				}
				if won {
					winners.Add(1)
				}
			})
			if n := winners.Load(); n != 1 {
				t.Errorf("%d winners", n)
			}
		})
	}
}

// A counter that findOneAndUpdate hands out gives every number once.
func TestFindOneAndUpdateReturnsEachStateOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]int{}
	rivals(t, func(_ int, c *driver.Collection) {
		var got struct{ N int }
		o := options.FindOneAndUpdate().SetReturnDocument(options.After)
		if err := c.FindOneAndUpdate(t.Context(), bson.M{"_id": 1}, bson.M{"$inc": bson.M{"n": 1}}, o).Decode(&got); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		seen[got.N]++
	})
	for n := 1; n <= connections; n++ {
		if seen[n] != 1 {
			t.Errorf("%d was returned %d times", n, seen[n])
		}
	}
}

// A unique index decides between writers of different documents.
func TestUniqueIndexDecidesBetween64Connections(t *testing.T) {
	var winners atomic.Int64
	db := database(t, options.Client().SetMaxPoolSize(connections))
	c := db.Collection("users")
	index(t, c, `{"email": 1}`, options.Index().SetUnique(true))
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			_, err := c.InsertOne(t.Context(), bson.M{"_id": i, "email": "a@example.com"})
			switch {
			case err == nil:
				winners.Add(1)
			case !driver.IsDuplicateKeyError(err):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != 1 {
		t.Errorf("%d users with one address", n)
	}
}
