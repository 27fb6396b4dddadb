package defects

import "slices"

type Defect struct {
	Name string
	// Why says what is left out.
	Why string
	// Promises are those of which at least one must be seen broken, or "leak".
	Promises []string
	// Service is the one that differs, "" for several.
	Service string
	Edits   []Edit
	// Provoke are the faults that bring it out, as a faults.Selection. If empty, all may happen.
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
