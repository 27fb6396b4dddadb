package mongo

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// tree is a document that is being changed. Only the parts that change are taken apart.
type tree struct {
	array bool
	items []item
}

type item struct {
	key   string
	value value
	inner *tree // instead of value, once it's taken apart
}

func newTree(doc document) *tree {
	t := &tree{}
	for key, v := range fields(doc) {
		t.items = append(t.items, item{key: string(key), value: v})
	}
	return t
}

func (t *tree) find(key string) *item {
	for n := range t.items {
		if t.items[n].key == key {
			return &t.items[n]
		}
	}
	return nil
}

// open takes the value of an item apart. It returns nil if that has no parts.
func (i *item) open() *tree {
	if i.inner == nil && (i.value.Type == bson.TypeEmbeddedDocument || i.value.Type == bson.TypeArray) {
		i.inner = newTree(i.value.Data)
		i.inner.array = i.value.Type == bson.TypeArray
	}
	return i.inner
}

// current is the value of an item as it is now.
func (i *item) current() value {
	if i.inner == nil {
		return i.value
	}
	t := bson.TypeEmbeddedDocument
	if i.inner.array {
		t = bson.TypeArray
	}
	return value{Type: t, Data: i.inner.encode()}
}

func (t *tree) encode() document {
	return build(func(dst []byte) []byte {
		for n := range t.items {
			key := t.items[n].key
			if t.array {
				key = strconv.Itoa(n)
			}
			dst = bsoncore.AppendValueElement(dst, key, t.items[n].current())
		}
		return dst
	})
}

// maxPadding is how far an array may be extended by setting a position in it.
const maxPadding = 1_500_000

// at finds the item of a path. With create it makes what is missing; without, it returns nil.
func (t *tree) at(path string, create bool) *item {
	parts := split(path)
	for n, part := range parts {
		i := t.find(part)
		if i == nil {
			if !create {
				return nil
			}
			i = t.add(part, path)
			if n < len(parts)-1 {
				i.inner = &tree{}
			}
		}
		if n == len(parts)-1 {
			return i
		}
		if t = i.open(); t == nil {
			if create {
				refuse(codePathNotViable, "Cannot create field '%s' in element {%s: %s}", parts[n+1], part, i.current())
			}
			return nil
		}
	}
	return nil
}

// add appends an item; in an array, at a position, with nulls before it.
func (t *tree) add(part, path string) *item {
	if t.array {
		n, ok := position(part)
		switch {
		case !ok:
			refuse(codePathNotViable, "Cannot create field '%s' in an array: path '%s'", part, path)
		case n > len(t.items)+maxPadding:
			refuse(codeBadValue, "can't backfill more than %d elements", maxPadding)
		}
		for len(t.items) < n {
			t.items = append(t.items, item{key: strconv.Itoa(len(t.items)), value: null})
		}
	}
	t.items = append(t.items, item{key: part})
	return &t.items[len(t.items)-1]
}

func (i *item) set(v value) { i.value, i.inner = v, nil }

// remove takes the item of a path away; in an array, it leaves null.
func (t *tree) remove(path string) {
	if end := strings.LastIndexByte(path, '.'); end >= 0 {
		parent := t.at(path[:end], false)
		if parent == nil {
			return
		}
		if t = parent.open(); t == nil {
			return
		}
		path = path[end+1:]
	}
	switch n := slices.IndexFunc(t.items, func(i item) bool { return i.key == path }); {
	case n < 0:
	case t.array:
		t.items[n].set(null)
	default:
		t.items = slices.Delete(t.items, n, n+1)
	}
}
