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

// index orders a collection's documents by some fields. An entry's key is the
// encoded fields, followed by the key of the document; its value is the length of
// the first part.
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
func parseIndex(spec document) (*index, error) {
	i := &index{}
	var key value
	for k, v := range fields(spec) {
		switch name := string(k); name {
		case "key":
			key = v
		case "name":
			i.name, _ = v.StringValueOK()
		case "unique":
			i.unique = truthy(v)
		case "sparse":
			i.sparse = truthy(v)
		case "v":
			if n, ok := asInt(v); !ok || n != 2 {
				return nil, errorf(codeCannotCreateIndex, "Index version %v is not supported", v)
			}
		case "background", "ns":
		case "hidden":
			if truthy(v) {
				return nil, errorf(codeCannotCreateIndex, "hidden indexes are not supported")
			}
		case "partialFilterExpression", "expireAfterSeconds", "storageEngine", "weights", "default_language", "language_override", "textIndexVersion",
			"2dsphereIndexVersion", "bits", "min", "max", "bucketSize", "wildcardProjection", "dropDups", "prepareUnique", "clustered":
			return nil, errorf(codeCannotCreateIndex, "index option '%s' is not supported", name)
		case "collation":
			if err := simpleCollation(v); err != nil {
				return nil, err
			}
		default:
			return nil, errorf(codeInvalidIndexOption, "The field '%s' is not valid for an index specification", name)
		}
	}
	if !isDocument(key) || count(key.Data) == 0 {
		return nil, errorf(codeCannotCreateIndex, "Index keys cannot be empty")
	}
	if i.name == "" {
		return nil, errorf(codeFailedToParse, "The 'name' field is a required property of an index specification")
	}
	if err := i.parseKey(key.Data); err != nil {
		return nil, err
	}
	i.multikey = make([]bool, len(i.fields))
	i.spec = i.normalized(key)
	return i, nil
}

func (i *index) parseKey(key []byte) error {
	for k, v := range fields(key) {
		path := string(k)
		n, ok := asInt(v)
		if v.Type == bson.TypeDouble && !ok {
			f := v.Double()
			n, ok = 1, f != 0 && f == f
			if f < 0 {
				n = -1
			}
		}
		switch {
		case !ok || n == 0:
			return errorf(codeCannotCreateIndex, "Values in the index key pattern must be numbers other than 0; %s is not supported", v)
		case path == "" || strings.HasPrefix(path, "$") || strings.Contains("."+path+".", "..") || strings.Contains(path, "$**"):
			return errorf(codeCannotCreateIndex, "Index key pattern has the invalid field name '%s'", path)
		case slices.ContainsFunc(i.fields, func(f indexField) bool { return f.path == path }):
			return errorf(codeCannotCreateIndex, "Index key pattern names '%s' twice", path)
		}
		i.fields = append(i.fields, indexField{path: path, parts: split(path), desc: n < 0})
	}
	return nil
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

// entries returns the encoded fields of a document, each combination once, and
// which fields have an array on their path.
func (i *index) entries(doc []byte) (keys [][]byte, multikey []bool, err error) {
	keys = [][]byte{make([]byte, 0, 64)}
	present := false
	var array string // the path that has made several entries
	for n, f := range i.fields {
		var found []value
		isArray, err := collect(field(doc, f.parts[0]), f.parts[1:], &found)
		if err != nil {
			return nil, nil, err
		}
		if isArray {
			if multikey == nil {
				multikey = make([]bool, len(i.fields))
			}
			multikey[n] = true
		}
		present = present || slices.ContainsFunc(found, func(v value) bool { return !missing(v) })
		if len(found) > 1 || isArray {
			if array != "" && array != f.parts[0] {
				return nil, nil, errorf(codeCannotIndexParallel, "cannot index parallel arrays [%s] [%s]", f.parts[0], array)
			}
			array = f.parts[0]
		}
		keys = combine(keys, found, f.desc)
	}
	if i.sparse && !present {
		return nil, multikey, nil
	}
	if len(keys) > 1 {
		slices.SortFunc(keys, bytes.Compare)
		keys = slices.CompactFunc(keys, bytes.Equal)
	}
	for _, key := range keys {
		if len(key) > maxIndexKey/2 {
			return nil, nil, errorf(codeKeyTooLarge, "Btree key length %d exceeds the maximum of %d for index %s", len(key), maxIndexKey/2, i.name)
		}
	}
	return keys, multikey, nil
}

// collect finds the values of an indexed path. An empty array counts as undefined.
func collect(v value, rest []string, found *[]value) (isArray bool, err error) {
	switch {
	case v.Type == bson.TypeArray && len(rest) > 0:
		if n, ok := position(rest[0]); ok {
			return collectAt(v.Data, n, rest, found)
		}
		start := len(*found)
		for _, item := range fields(v.Data) {
			inner := value{}
			if isDocument(item) {
				inner = field(item.Data, rest[0])
			}
			if _, err := collect(inner, rest[1:], found); err != nil {
				return true, err
			}
		}
		if len(*found) == start {
			*found = append(*found, value{})
		}
		return true, nil
	case v.Type == bson.TypeArray:
		items := values(v.Data)
		if len(items) == 0 {
			items = []value{{Type: bson.TypeUndefined}}
		}
		*found = append(*found, items...)
		return true, nil
	case len(rest) > 0 && isDocument(v):
		return collect(field(v.Data, rest[0]), rest[1:], found)
	case len(rest) > 0:
		v = value{}
	}
	*found = append(*found, v)
	return false, nil
}

// collectAt follows a path component that is a position in an array.
func collectAt(array []byte, n int, rest []string, found *[]value) (bool, error) {
	at := value{}
	k := 0
	for _, item := range fields(array) {
		if isDocument(item) && !missing(field(item.Data, rest[0])) {
			return false, errorf(codeAmbiguousPath, "Ambiguous field name found in array: '%s' is a position and a field", rest[0])
		}
		if k == n {
			at = item
		}
		k++
	}
	return collect(at, rest[1:], found)
}

// combine appends each value to each key.
func combine(keys [][]byte, found []value, desc bool) [][]byte {
	if len(found) == 1 {
		for n := range keys {
			keys[n] = appendField(keys[n], found[0], desc)
		}
		return keys
	}
	var all [][]byte
	for _, key := range keys {
		for _, v := range found {
			all = append(all, appendField(slices.Clone(key), v, desc))
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
	key = append(append(make([]byte, 0, len(prefix)+len(docKey)), prefix...), docKey...)
	return key, binary.BigEndian.AppendUint16(nil, uint16(len(prefix)))
}

// prefixLength reads the value of an entry.
func prefixLength(v []byte) int { return int(binary.BigEndian.Uint16(v)) }

// holder finds a document other than docKey that has the same entry in a unique index.
func holder(b *bolt.Bucket, prefix, docKey []byte) (key []byte) {
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if !bytes.Equal(k[len(prefix):], docKey) {
			return k[len(prefix):]
		}
	}
	return nil
}
