package defects

import "slices"

// Defect is a rule left out.
type Defect struct {
	Name string
	// Why says in a sentence what is left out.
	Why string
	// Promises are those of docs/architecture.md of which at least one is to be seen broken, or what else
	// the campaign judges: "leak".
	Promises []string
	// Service is whose program differs, "" for more than one.
	Service string
	Edits   []Edit
	// Provoke are the faults that bring it out, as a faults.Selection. Where it is empty, the load alone
	// does.
	Provoke []string
}

// All are the defects that the campaign has to catch, by the parts of the protocol.
var All = slices.Concat(published, delivered, reserved, timed, paid, others)

// Named finds a defect.
func Named(name string) (Defect, bool) {
	i := slices.IndexFunc(All, func(d Defect) bool { return d.Name == name })
	if i < 0 {
		return Defect{}, false
	}
	return All[i], true
}
