package tickets

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheStreamOfASoldTicketEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 1, Reserved)
		r := w.read("a")
		defer r.Close()
		r.told(t, "id: 1")
		w.put("a", 2, Sold)
		time.Sleep(pollEvery)
		r.told(t, "id: 2")
		r.ends(t)
	})
}

func TestAStoppingServiceEndsStreamsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		r := w.read("a")
		defer r.Close()
		r.told(t, "id: 0")
		time.Sleep(beatEvery - time.Second) // the last write is long past its deadline
		begun := time.Now()
		w.stop()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s to stop", took)
		}
		r.ends(t)
	})
}

func TestStoppingDoesNotWaitForIdleReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		_, slow := w.open("a")
		defer slow.Close()
		begun := time.Now()
		w.stop()
		if took := time.Since(begun); took > 2*streamPatience {
			t.Errorf("it took %s to stop", took)
		}
	})
}
