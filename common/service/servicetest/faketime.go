package servicetest

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/standin"
)

// InFakeTime is synctest.Test with an empty database of the test's own. The clock goes on only when
// everybody waits for it, so a call to the database takes no time by it.
//
// The same holds for any other server that runs outside and is asked from within do, unless its client
// reads all the time, as one of HTTP does that keeps its connections: the clock would stand still.
func InFakeTime(t *testing.T, do func(t *testing.T, db *mongo.Database)) {
	t.Helper()
	uri := standin.Mongo(t) // outside: its process is to outlive the test
	separator := "?"
	if strings.Contains(uri, separator) {
		separator = "&"
	}
	uri += separator + "serverMonitoringMode=poll" // or the driver reads all the time how the server is
	synctest.Test(t, func(t *testing.T) {
		db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: uri}, "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := mongodb.Disconnect(db); err != nil {
				t.Error(err)
			}
		})
		do(t, db)
	})
}
