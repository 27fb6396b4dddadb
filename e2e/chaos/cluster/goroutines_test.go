package cluster

import (
	"maps"
	"testing"
)

const dump = `{"level":"INFO","msg":"a line of the log"}
SIGQUIT: quit
PC=0x4 m=0 sigcode=0

goroutine 0 gp=0x1 m=0 mp=0x1 [idle]:
runtime.futex()
	/usr/local/go/src/runtime/sys_linux_amd64.s:557

goroutine 1 gp=0xc000 m=nil [chan receive, 2 minutes]:
main.main()
	/x/main.go:1

goroutine 21 gp=0xc001 m=nil [select]:
x.relay()
	/x/relay.go:1
created by ticketing.dev/common/bus/stan.Open in goroutine 1
	/x/stan.go:1 +0x1

goroutine 22 gp=0xc002 m=nil [IO wait]:
x.read()
	/x/read.go:1
created by ticketing.dev/common/bus/stan.Open in goroutine 1
	/x/stan.go:2 +0x1

rax    0x0
rip    0x4
`

func TestGoroutinesAreCounted(t *testing.T) {
	all, by := countGoroutines(dump)
	if want := map[string]int{"main": 1, "ticketing.dev/common/bus/stan.Open": 2}; all != 3 || !maps.Equal(by, want) {
		t.Errorf("%d goroutines: %v", all, by)
	}
}
