package mongo

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// maxSorted is how much a sort without an index may hold, as MongoDB's limit.
const maxSorted = 100 << 20

type sortField struct {
	path  string
	parts []string
	desc  bool
}

type sortSpec []sortField

func parseSort(v value) (spec sortSpec) {
	if missing(v) || v.Type == bson.TypeNull {
		return nil
	}
	if !isDocument(v) {
		refuse(codeTypeMismatch, "Expected field sort to be of type object")
	}
	for k, d := range fields(v.Data) {
		n, ok := asInt(d)
		switch path := string(k); {
		case path == "$natural" || isDocument(d):
			refuse(codeBadValue, "$natural and $meta sorts are not supported")
		case path == "" || strings.HasPrefix(path, "$"):
			refuse(codeBadValue, "FieldPath field names may not start with '$' or be empty")
		case !ok || (n != 1 && n != -1):
			refuse(codeBadValue, "Sort direction must be 1 or -1; is %s", d)
		default:
			spec = append(spec, sortField{path, split(path), n < 0})
		}
	}
	return spec
}

// key encodes what a document is sorted by. An array counts by its lowest element, or its highest if the order descends.
func (s sortSpec) key(doc []byte) (key []byte) {
	for _, f := range s {
		found := collect(doc, f.parts).found
		if len(found) == 1 {
			key = appendField(key, found[0], f.desc)
			continue
		}
		encoded := make([][]byte, len(found))
		for n, v := range found {
			encoded[n] = appendField(nil, v, f.desc)
		}
		key = append(key, slices.MinFunc(encoded, bytes.Compare)...)
	}
	return key
}

// sorter keeps the documents that come first.
type sorter struct {
	spec  sortSpec
	keep  int // 0 keeps all
	items []sortItem
	size  int
}

type sortItem struct {
	key    []byte
	docKey []byte
	doc    document
}

func (s *sorter) add(docKey []byte, doc document) {
	item := sortItem{s.spec.key(doc), docKey, doc}
	s.items = append(s.items, item)
	s.size += len(doc)
	if s.keep > 0 && len(s.items) >= 2*s.keep+100 {
		s.cut()
	}
	if s.size > maxSorted {
		refuse(codeQueryMemory, "Sort exceeded memory limit of %d bytes, but did not opt in to external sorting.", maxSorted)
	}
}

func (s *sorter) cut() {
	slices.SortStableFunc(s.items, func(a, b sortItem) int { return bytes.Compare(a.key, b.key) })
	if s.keep == 0 || len(s.items) <= s.keep {
		return
	}
	for _, item := range s.items[s.keep:] {
		s.size -= len(item.doc)
	}
	s.items = s.items[:s.keep]
}
