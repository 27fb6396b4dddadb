package mongo

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
)

// A retried write gets its first answer until its session has ended by its age.
func TestAnswersToRetryableWritesAreKeptAsLongAsTheirSession(t *testing.T) {
	s, client := start(t, t.TempDir(), nil)
	insert(t, client.Database("db").Collection("docs"), bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: 0}})
	inc := bson.D{{Key: "findAndModify", Value: "docs"}, {Key: "query", Value: bson.D{{Key: "_id", Value: 1}}},
		{Key: "update", Value: bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}}, {Key: "new", Value: true}, {Key: "txnNumber", Value: int64(7)}}
	err := client.UseSession(t.Context(), func(ctx driver.SessionContext) error {
		for _, step := range []struct {
			age  time.Duration
			want int32
		}{{0, 1}, {answerLife - time.Minute, 1}, {answerLife + time.Minute, 2}} {
			s.forgetAnswers(time.Now().Add(step.age))
			answer, err := client.Database("db").RunCommand(ctx, inc).Raw()
			if err != nil {
				return err
			}
			if n := answer.Lookup("value", "n").Int32(); n != step.want {
				t.Errorf("after %v: n is %d, want %d", step.age, n, step.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
