// Package world is the system of one round as processes that can be hurt: two replicas of each service
// but auth, what they run on, and a gateway in front. Nothing is started again by anybody but who hurts
// it, except a process that ends by itself, which is started again as a cluster would.
//
// Each replica reaches each of its stores by a way of its own, a TCP proxy, so that one way can be cut
// or slowed while the others hold.
package world
