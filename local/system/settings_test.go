package system

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

func TestServicesShareTheCores(t *testing.T) {
	for cores, want := range map[int]int{1: 1, 2: 1, 4: 1, 8: 2, 64: 16} {
		if got := share(cores); got != want {
			t.Errorf("a service uses %d of %d cores, want %d", got, cores, want)
		}
	}
	env := Settings{PprofAddr: "127.0.0.1:0"}.Environ("orders", "3000")
	for _, want := range []string{fmt.Sprintf("GOMAXPROCS=%d", share(runtime.NumCPU())), "PPROF_ADDR=127.0.0.1:0"} {
		if !slices.Contains(env, want) {
			t.Errorf("a service's environment has no %s: %v", want, env)
		}
	}
}
