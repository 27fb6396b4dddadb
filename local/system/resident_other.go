//go:build !linux

package system

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Resident asks ps what a process holds of memory, in bytes.
func Resident(pid int) (int64, error) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("ps of process %d: %w", pid, err)
	}
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return kilobytes << 10, err
}
