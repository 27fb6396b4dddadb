package main

import "math/bits"

// set is a set of numbers from 0 to 7.
type set uint8

func only(n int) set { return 1 << n }

// below is the set of all numbers under n.
func below(n int) set { return only(n) - 1 }

func (s set) with(n int) set    { return s | only(n) }
func (s set) without(n int) set { return s &^ only(n) }
func (s set) has(n int) bool    { return s&only(n) != 0 }
func (s set) hasAll(t set) bool { return s&t == t }
func (s set) first() int        { return bits.TrailingZeros8(uint8(s)) }

func (s set) list() []int {
	list := []int{}
	for ; s != 0; s = s.without(s.first()) {
		list = append(list, s.first())
	}
	return list
}
