// Package defects holds the deliberate defects that the campaign must find, and a clock that is off. Each defect
// leaves out one rule of the protocol by replacing code in the services' source, which Overlay does for
// `go build -overlay` (docs/decisions/0022).
//
// Some rules of docs/model are missing here: its spares, without which all promises still hold; those whose
// absence shows only if a process dies within a few instructions, which the services' own tests cover; and
// the write concern, since the embedded database is one node.
package defects
