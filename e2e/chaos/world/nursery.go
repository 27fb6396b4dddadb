package world

import (
	"os/exec"
	"runtime"
)

// nursery starts the processes of a world from one thread: on Linux they end with the thread that
// started them (see system.EndsWithParent), which is when the world is closed or this process dies.
type nursery struct {
	births chan birth
	ended  chan struct{}
}

type birth struct {
	cmd    *exec.Cmd
	result chan<- error
}

func newNursery() *nursery {
	n := &nursery{births: make(chan birth), ended: make(chan struct{})}
	go n.run()
	return n
}

func (n *nursery) run() {
	defer close(n.ended)
	runtime.LockOSThread() // the thread ends with this goroutine, as it is never unlocked
	for b := range n.births {
		b.result <- b.cmd.Start()
	}
}

func (n *nursery) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	n.births <- birth{cmd, result}
	return <-result
}

// close ends what still runs. Nothing may be started any more.
func (n *nursery) close() {
	close(n.births)
	<-n.ended
}
