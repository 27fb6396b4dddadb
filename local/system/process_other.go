//go:build !linux

package system

import "syscall"

// EndsWithParent cannot be had here for the services: they are stopped at the end, but outlive a parent
// that is killed. A group of its own keeps a Ctrl-C on the terminal from a process: parts are stopped
// from here, in their order.
func EndsWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
