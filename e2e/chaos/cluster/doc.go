// Package cluster runs the system of one round: two replicas of each service except auth, their stores, and a
// gateway. A process that exits by itself is restarted, as on Kubernetes. The end of a fault restarts the
// process that it killed.
package cluster
