package ferret_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

const (
	racers = 50
	rounds = 10
)

// race runs f once for each racer, all at the same time, and returns what each
// reported.
func race[T any](f func(i int) T) []T {
	results := make([]T, racers)
	var ready, done sync.WaitGroup
	ready.Add(racers)
	for i := range racers {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			results[i] = f(i)
		})
	}
	done.Wait()
	return results
}

func TestConditionalUpdateHasOneWinner(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI())
	insert(t, things, bson.M{"_id": "a", "version": 0})

	claims := map[string]func(version, racer int) error{
		"update": func(version, racer int) error {
			res, err := things.UpdateOne(t.Context(),
				bson.M{"_id": "a", "version": version},
				bson.M{"$set": bson.M{"version": version + 1, "winner": racer}})
			if err == nil && res.ModifiedCount == 0 {
				return mongo.ErrNoDocuments
			}
			return err
		},
		"replace": func(version, racer int) error {
			res, err := things.ReplaceOne(t.Context(),
				bson.M{"_id": "a", "version": version},
				bson.M{"version": version + 1, "winner": racer})
			if err == nil && res.ModifiedCount == 0 {
				return mongo.ErrNoDocuments
			}
			return err
		},
		"find and modify": func(version, racer int) error {
			return things.FindOneAndUpdate(t.Context(),
				bson.M{"_id": "a", "version": version},
				bson.M{"$set": bson.M{"version": version + 1, "winner": racer}}).Err()
		},
	}
	version := 0
	for name, claim := range claims {
		t.Run(name, func(t *testing.T) {
			for range rounds {
				var winners []int
				for i, err := range race(func(i int) error { return claim(version, i) }) {
					switch {
					case err == nil:
						winners = append(winners, i)
					case !errors.Is(err, mongo.ErrNoDocuments):
						t.Fatal(err)
					}
				}
				version++
				var got struct{ Version, Winner int }
				if err := things.FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&got); err != nil {
					t.Fatal(err)
				}
				if len(winners) != 1 || got.Winner != winners[0] || got.Version != version {
					t.Errorf("winners %v, stored %+v; want one winner and version %d", winners, got, version)
				}
			}
		})
	}
}

func TestIncrementsAreNotLost(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI())
	insert(t, things, bson.M{"_id": "a", "n": 0})

	for _, err := range race(func(int) error {
		_, err := things.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 1}})
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	var got struct{ N int }
	if err := things.FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&got); err != nil || got.N != racers {
		t.Errorf("n = %d, %v; want %d", got.N, err, racers)
	}
}

// Whichever way a second document with the same unique value comes about, the
// driver must recognise it as a duplicate key.
func TestUniqueIndexHasOneWinner(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI())
	_, err := things.Indexes().CreateOne(t.Context(), mongo.IndexModel{
		Keys:    bson.D{{Key: "slot", Value: 1}},
		Options: options.Index().SetUnique(true).SetSparse(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	id := func(kind string, i int) string { return fmt.Sprint(kind, i) }
	for i := range racers { // what the updates below will change
		insert(t, things,
			bson.M{"_id": id("update", i)},
			bson.M{"_id": id("replace", i)},
			bson.M{"_id": id("modify", i)},
			bson.M{"_id": id("bulk", i)})
	}

	slot := func(name string) bson.M { return bson.M{"slot": name} }
	set := func(name string) bson.M { return bson.M{"$set": slot(name)} }
	takers := map[string]func(i int) error{
		"insert": func(int) error {
			_, err := things.InsertOne(t.Context(), slot("insert"))
			return err
		},
		"upsert": func(i int) error {
			_, err := things.UpdateOne(t.Context(), bson.M{"_id": id("upsert", i)}, set("upsert"),
				options.Update().SetUpsert(true))
			return err
		},
		"update": func(i int) error {
			_, err := things.UpdateOne(t.Context(), bson.M{"_id": id("update", i)}, set("update"))
			return err
		},
		"replace": func(i int) error {
			_, err := things.ReplaceOne(t.Context(), bson.M{"_id": id("replace", i)}, slot("replace"))
			return err
		},
		"find and modify": func(i int) error {
			return things.FindOneAndUpdate(t.Context(), bson.M{"_id": id("modify", i)}, set("modify")).Err()
		},
		"find and upsert": func(i int) error {
			err := things.FindOneAndUpdate(t.Context(), bson.M{"_id": id("fresh", i)}, set("fresh"),
				options.FindOneAndUpdate().SetUpsert(true)).Err()
			if errors.Is(err, mongo.ErrNoDocuments) { // there was none before
				return nil
			}
			return err
		},
		"bulk write": func(i int) error {
			_, err := things.BulkWrite(t.Context(), []mongo.WriteModel{
				mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": id("bulk", i)}).SetUpdate(set("bulk")),
			})
			return err
		},
	}
	for name, take := range takers {
		t.Run(name, func(t *testing.T) {
			winners := 0
			for _, err := range race(take) {
				switch {
				case err == nil:
					winners++
				case !mongo.IsDuplicateKeyError(err):
					t.Errorf("not recognised as a duplicate key: %v", err)
				}
			}
			if winners != 1 {
				t.Errorf("%d winners; want 1", winners)
			}
		})
	}
}

// Those who come after the one that makes the document find it.
func TestUpsertRaceMakesOneDocument(t *testing.T) {
	things := connect(t, start(t, t.TempDir(), false).URI())
	for _, err := range race(func(int) error {
		_, err := things.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 1}},
			options.Update().SetUpsert(true))
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	var got struct{ N int }
	if err := things.FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&got); err != nil || got.N != racers {
		t.Errorf("n = %d, %v; want %d", got.N, err, racers)
	}
}
