//go:build !linux

package cluster

// connections can't be counted here.
func connections() (map[string]int, error) { return nil, nil }
