//go:build !linux

package world

// connections can't be counted here.
func connections() (map[string]int, error) { return nil, nil }
