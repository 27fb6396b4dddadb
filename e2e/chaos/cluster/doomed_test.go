package cluster_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/cluster"
)

// doomed names the directory in which this test program is to start a cluster and wait to be killed.
const doomed = "CHAOS_DOOMED"

// beDoomed starts a cluster and waits to be killed.
func beDoomed(dir string) {
	w, err := cluster.Start(context.Background(), cluster.Config{
		Dir: dir, Root: root, Programs: programsIn(os.Getenv(binVariable)), Ports: process.NewPorts(), OrderTTL: time.Minute,
	})
	if err == nil {
		err = w.Process("orders-1").Pause()
	}
	if err != nil {
		panic(err)
	}
	fmt.Println("ready")
	select {}
}
