package cluster

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// established is TCP_ESTABLISHED in include/net/tcp_states.h.
const established = "01"

// connections counts this machine's open TCP connections by remote address (proc_pid_net(5)). Each link has an
// address of its own, which identifies the link.
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
