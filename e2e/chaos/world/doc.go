// Package world runs the system of one round: two replicas of each service except auth, their stores, and a
// gateway. A process that ends by itself is restarted, as in a cluster; one that was killed is restarted by
// whoever killed it.
package world
