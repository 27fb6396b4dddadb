// Package mongo is an embedded server that speaks MongoDB's wire protocol and
// keeps its documents, as BSON, in one bbolt file.
//
// It's a replica set of one. Every write command runs in a transaction of its
// own, one after another, and commands that wait at the same time share one
// commit (store.go). Reads see the last commit and never wait for writes.
//
// Documents are keyed by their _id, and indexes by their fields, in an encoding
// whose byte order is BSON's order (keys.go). That encoding is the only
// definition of comparison: filters, sorts, indexes, and $min all use it.
//
// What MongoDB has and this server doesn't is refused with MongoDB's error code
// and never ignored: transactions, change streams, pipelines in updates,
// arrayFilters and the positional $, partial, TTL and text indexes, collation,
// views, and capped collections.
package mongo
