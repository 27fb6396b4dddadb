package aggregate_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/bus/memory"
)

func TestAListLeavesOutFieldsThatItDoesNotShow(t *testing.T) {
	store, _ := process(t, database(t), memory.New())
	for _, name := range []string{"a", "b", "c"} {
		if err := store.Insert(t.Context(), newCounter(name)); err != nil {
			t.Fatal(err)
		}
	}
	byName := bson.D{{Key: "name", Value: -1}}
	whole, err := store.Sorted(t.Context(), bson.M{}, byName, 2)
	if err != nil || len(whole) != 2 || whole[0].Name != "c" || whole[1].Name != "b" || len(whole[0].Outbox) != 1 {
		t.Fatalf("got %+v, %v", whole, err)
	}
	partial, err := store.Sorted(t.Context(), bson.M{}, byName, 2, "outbox", "steps")
	if err != nil || len(partial) != 2 || partial[0].Name != "c" || partial[0].ID != whole[0].ID || len(partial[0].Outbox) != 0 {
		t.Errorf("got %+v, %v", partial, err)
	}
}
