//go:build !linux

package process

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Resident is the memory a process holds, in bytes, according to ps.
func Resident(pid int) (int64, error) {
	text, err := ps(pid, "rss")
	if err != nil {
		return 0, err
	}
	kilobytes, err := strconv.ParseInt(text, 10, 64)
	return kilobytes << 10, err
}

// Processor is the user and system time a process has taken, according to ps, which says minutes:seconds.
func Processor(pid int) (time.Duration, error) {
	text, err := ps(pid, "time")
	if err != nil {
		return 0, err
	}
	minutes, seconds, _ := strings.Cut(text, ":")
	return time.ParseDuration(minutes + "m" + seconds + "s")
}

func ps(pid int, column string) (string, error) {
	out, err := exec.Command("ps", "-o", column+"=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("ps of process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(out)), nil
}
