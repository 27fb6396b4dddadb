package system

import "syscall"

// EndsWithParent makes the kernel kill a process when the thread that started it ends, as it does when
// this process dies, however it dies. A group of its own keeps a Ctrl-C on the terminal from it: parts
// are stopped from here, in their order.
func EndsWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
