package defects

import "slices"

type Defect struct {
	Name string
	// Why describes the broken rule.
	Why string
	// Promises lists promises, or "leak", of which a round must find at least one violation.
	Promises []string
	// Service is the changed service, or "" for several.
	Service string
	Edits   []Edit
	// Provoke are the faults that expose it, as a faults.Selection. Empty means all.
	Provoke []string
}

var All = slices.Concat(published, delivered, reserved, timed, paid, others)

func Named(name string) (Defect, bool) {
	i := slices.IndexFunc(All, func(d Defect) bool { return d.Name == name })
	if i < 0 {
		return Defect{}, false
	}
	return All[i], true
}
