package mongo

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// index orders a collection's documents by some fields. An entry's key is the encoded fields, followed by the key of the
// document; its value is the length of the first part.
type index struct {
	name           string
	fields         []indexField
	unique, sparse bool
	multikey       []bool // by field: whether a document has had an array on its path
	spec           document
}

type indexField struct {
	path  string
	parts []string
	desc  bool
}

// idIndex is the documents' own bucket.
var idIndex = &index{
	name:     "_id_",
	fields:   []indexField{{path: "_id", parts: []string{"_id"}}},
	unique:   true,
	multikey: []bool{false},
	spec:     marshal(bson.D{{Key: "v", Value: int32(2)}, {Key: "key", Value: bson.D{{Key: "_id", Value: int32(1)}}}, {Key: "name", Value: "_id_"}}),
}

// maxIndexKey is bbolt's limit on a key.
const maxIndexKey = bolt.MaxKeySize

// parseIndex reads an index specification.
func parseIndex(spec document) *index {
	i := &index{}
	var key value
	truth := func(b *bool) func(string, value) { return func(_ string, v value) { *b = truthy(v) } }
	noOption := func(name string, _ value) { refuse(codeCannotCreateIndex, "index option '%s' is not supported", name) }
	options := params{"key": valueInto(&key), "name": textInto(&i.name), "unique": truth(&i.unique), "sparse": truth(&i.sparse),
		"background": ignore, "ns": ignore, "collation": simpleCollation,
		"v": func(_ string, v value) {
			if n, _ := asInt(v); n != 2 {
				refuse(codeCannotCreateIndex, "Index version %v is not supported", v)
			}
		},
		"hidden": func(name string, v value) {
			if truthy(v) {
				noOption(name, v)
			}
		},
	}.and(all(noOption, "partialFilterExpression", "expireAfterSeconds", "storageEngine", "weights", "default_language", "language_override",
		"textIndexVersion", "2dsphereIndexVersion", "bits", "min", "max", "bucketSize", "wildcardProjection", "dropDups", "prepareUnique", "clustered"))
	for k, v := range fields(spec) {
		read := options[string(k)]
		if read == nil {
			refuse(codeInvalidIndexOption, "The field '%s' is not valid for an index specification", k)
		}
		read(string(k), v)
	}
	if !isDocument(key) || count(key.Data) == 0 {
		refuse(codeCannotCreateIndex, "Index keys cannot be empty")
	}
	if i.name == "" {
		refuse(codeFailedToParse, "The 'name' field is a required property of an index specification")
	}
	i.parseKey(key.Data)
	i.multikey = make([]bool, len(i.fields))
	i.spec = i.normalized(key)
	return i
}

func (i *index) parseKey(key []byte) {
	for k, v := range fields(key) {
		path := string(k)
		direction := asFloat(v)
		switch {
		case !isNumber(v) || v.Type == bson.TypeDecimal128 || direction == 0 || direction != direction:
			refuse(codeCannotCreateIndex, "Values in the index key pattern must be numbers other than 0; %s is not supported", v)
		case path == "" || strings.HasPrefix(path, "$") || strings.Contains("."+path+".", "..") || strings.Contains(path, "$**"):
			refuse(codeCannotCreateIndex, "Index key pattern has the invalid field name '%s'", path)
		case slices.ContainsFunc(i.fields, func(f indexField) bool { return f.path == path }):
			refuse(codeCannotCreateIndex, "Index key pattern names '%s' twice", path)
		}
		i.fields = append(i.fields, indexField{path: path, parts: split(path), desc: direction < 0})
	}
}

// normalized is the specification that listIndexes shows.
func (i *index) normalized(key value) document {
	return build(func(dst []byte) []byte {
		dst = bsoncore.AppendInt32Element(dst, "v", 2)
		if i.unique {
			dst = bsoncore.AppendBooleanElement(dst, "unique", true)
		}
		dst = bsoncore.AppendValueElement(dst, "key", key)
		dst = bsoncore.AppendStringElement(dst, "name", i.name)
		if i.sparse {
			dst = bsoncore.AppendBooleanElement(dst, "sparse", true)
		}
		return dst
	})
}

func (i *index) pattern() document { return field(i.spec, "key").Document() }

func (i *index) isMultikey() bool { return slices.Contains(i.multikey, true) }

// entries returns the encoded fields of a document, each combination once, and which fields have an array on their path.
func (i *index) entries(doc []byte) (keys [][]byte, multikey []bool) {
	keys = [][]byte{make([]byte, 0, 64)}
	present := false
	var array string // the path that has made several entries
	for n, f := range i.fields {
		c := collect(doc, f.parts)
		if c.ambiguous {
			refuse(codeAmbiguousPath, "Ambiguous field name found in array: '%s' has a part that is a position and a field", f.path)
		}
		if c.array {
			if multikey == nil {
				multikey = make([]bool, len(i.fields))
			}
			multikey[n] = true
			if array != "" && array != f.parts[0] {
				refuse(codeCannotIndexParallel, "cannot index parallel arrays [%s] [%s]", f.parts[0], array)
			}
			array = f.parts[0]
		}
		present = present || slices.ContainsFunc(c.found, func(v value) bool { return !missing(v) })
		keys = combine(keys, c.found, f.desc)
	}
	if i.sparse && !present {
		return nil, multikey
	}
	if len(keys) > 1 {
		slices.SortFunc(keys, bytes.Compare)
		keys = slices.CompactFunc(keys, bytes.Equal)
	}
	for _, key := range keys {
		if len(key) > maxIndexKey/2 {
			refuse(codeKeyTooLarge, "Btree key length %d exceeds the maximum of %d for index %s", len(key), maxIndexKey/2, i.name)
		}
	}
	return keys, multikey
}

// collected are the values of an indexed path.
type collected struct {
	found     []value
	array     bool // an array is on the path
	ambiguous bool // a part of the path is a position as well as a field
}

func collect(doc []byte, parts []string) (c collected) {
	c.add(field(doc, parts[0]), parts[1:])
	return c
}

// add collects what the rest of a path finds in a value. An empty array counts as undefined.
func (c *collected) add(v value, rest []string) {
	switch {
	case v.Type == bson.TypeArray && len(rest) > 0:
		if n, ok := position(rest[0]); ok {
			c.addAt(v.Data, n, rest)
			return
		}
		c.array = true
		start := len(c.found)
		for _, item := range fields(v.Data) {
			c.add(field(inner(item), rest[0]), rest[1:])
		}
		if len(c.found) == start {
			c.found = append(c.found, value{})
		}
	case v.Type == bson.TypeArray:
		c.array = true
		c.found = append(c.found, values(v.Data)...)
		if count(v.Data) == 0 {
			c.found = append(c.found, value{Type: bson.TypeUndefined})
		}
	case len(rest) > 0:
		if !isDocument(v) {
			c.found = append(c.found, value{})
			return
		}
		c.add(field(v.Data, rest[0]), rest[1:])
	default:
		c.found = append(c.found, v)
	}
}

// addAt follows a part of a path that is a position in an array.
func (c *collected) addAt(array []byte, n int, rest []string) {
	items := values(array)
	for _, item := range items {
		c.ambiguous = c.ambiguous || !missing(field(inner(item), rest[0]))
	}
	if n < len(items) {
		c.add(items[n], rest[1:])
	} else {
		c.add(value{}, rest[1:])
	}
}

// combine appends each value to each key.
func combine(keys [][]byte, found []value, desc bool) [][]byte {
	if len(found) == 1 { // by far most
		for n := range keys {
			keys[n] = appendField(keys[n], found[0], desc)
		}
		return keys
	}
	var all [][]byte
	for _, key := range keys {
		for _, v := range found {
			all = append(all, appendField(append(make([]byte, 0, 64), key...), v, desc))
		}
	}
	return all
}

func appendField(dst []byte, v value, desc bool) []byte {
	start := len(dst)
	dst = appendKey(dst, orNull(v))
	if desc {
		invert(dst[start:])
	}
	return dst
}

// entry is the key under which an index keeps a document.
func entry(prefix, docKey []byte) (key, length []byte) {
	return slices.Concat(prefix, docKey), binary.BigEndian.AppendUint16(nil, uint16(len(prefix)))
}

// prefixLength reads the value of an entry.
func prefixLength(v []byte) int { return int(binary.BigEndian.Uint16(v)) }

// taken reports whether a document other than docKey has an entry in a unique index.
func taken(b *bolt.Bucket, prefix, docKey []byte) bool {
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if !bytes.Equal(k[len(prefix):], docKey) {
			return true
		}
	}
	return false
}
