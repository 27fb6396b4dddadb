package mongo

func (s *Server) delete(r *request) (document, error) {
	ns, list, ordered, err := r.parseWrites("deletes")
	if err != nil {
		return nil, err
	}
	return s.statements(r, list, ordered, func(t *txn, doc document, res *results, _ int) error {
		q, multi, err := parseDeletion(doc)
		if err != nil {
			return err
		}
		if multi && r.txn >= 0 {
			return errorf(codeInvalidOptions, "Cannot use retryable writes with limit=0")
		}
		targets, err := s.targets(r, t, ns, q, multi)
		if err != nil {
			return err
		}
		for _, target := range targets {
			if err := t.writer(t.cat.collections[ns]).remove(target.key, target.doc); err != nil {
				return err
			}
			res.n++
		}
		return nil
	})
}

func parseDeletion(doc document) (q query, multi bool, err error) {
	q.filter = nil
	limit := int64(-1)
	err = eachArgument("delete.deletes", argumentsOf(doc), func(name string, v value) (err error) {
		switch name {
		case "q":
			q.filter, err = filterArgument(name, v)
		case "limit":
			limit, err = asNatural(name, v)
		case "hint":
			q.hint = v
		case "collation":
			err = simpleCollation(v)
		default:
			err = errUnknown
		}
		return err
	})
	switch {
	case err != nil:
	case q.filter == nil:
		err = errorf(codeMissingField, "BSON field 'delete.deletes.q' is missing but a required field")
	case limit != 0 && limit != 1:
		err = errorf(codeFailedToParse, "The limit field in delete objects must be 0 or 1. Got %d", limit)
	}
	return q, limit == 0, err
}
