package world

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// established is TCP_ESTABLISHED of the kernel (include/net/tcp_states.h).
const established = "01"

// connections counts the open connections of this machine's clients by the address that they lead to.
// As each link has an address of its own, that tells whose they are (proc_pid_net(5)).
func connections() (map[string]int, error) {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return nil, err
	}
	open := make(map[string]int)
	for line := range strings.Lines(string(table)) {
		columns := strings.Fields(line)
		if len(columns) < 4 || columns[3] != established {
			continue
		}
		_, hex, found := strings.Cut(columns[2], ":")
		if !found {
			return nil, fmt.Errorf("/proc/net/tcp: %q", line)
		}
		port, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			return nil, fmt.Errorf("/proc/net/tcp: %w", err)
		}
		open[net.JoinHostPort("127.0.0.1", strconv.FormatUint(port, 10))]++
	}
	return open, nil
}
