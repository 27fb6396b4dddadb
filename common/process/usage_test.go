package process

import (
	"os"
	"testing"
	"time"
)

func TestUsageOfThisProcess(t *testing.T) {
	held, err := Resident(os.Getpid())
	if err != nil || held < 1<<20 || held > 1<<32 {
		t.Errorf("resident %d bytes, %v", held, err)
	}
	before, err := Processor(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	await(t, "no processor time is counted", func() bool {
		for began := time.Now(); time.Since(began) < 20*time.Millisecond; { // be busy
		}
		after, err := Processor(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return after >= before+50*time.Millisecond
	})
	if _, err := Resident(1 << 30); err == nil {
		t.Error("memory of a process that doesn't exist")
	}
}
