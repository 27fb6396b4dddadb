package mongo

import (
	"bytes"
	"crypto/rand"
	"math"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsontype"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

type (
	document = bsoncore.Document
	value    = bsoncore.Value
)

// maxDepth is how deep documents may nest, and maxDocument how large one may be.
const (
	maxDepth    = 100
	maxDocument = 16 << 20
)

var null = value{Type: bson.TypeNull}

// missing reports whether a value stands for a field that isn't there.
func missing(v value) bool { return v.Type == 0 }

// fields iterates over the elements of a valid document or array.
func fields(doc []byte) func(yield func(key []byte, v value) bool) {
	return func(yield func(key []byte, v value) bool) {
		if len(doc) < 5 {
			return
		}
		for rest := doc[4:]; len(rest) > 1; {
			key, v, size := element(rest)
			if !yield(key, v) {
				return
			}
			rest = rest[size:]
		}
	}
}

// element reads the first element of a valid document's body.
func element(src []byte) (key []byte, v value, size int) {
	end := bytes.IndexByte(src[1:], 0)
	v, rest, _ := bsoncore.ReadValue(src[end+2:], bsontype.Type(src[0]))
	return src[1 : end+1], v, len(src) - len(rest)
}

// field returns the value of a key, or a missing value.
func field(doc []byte, key string) value {
	for k, v := range fields(doc) {
		if string(k) == key {
			return v
		}
	}
	return value{}
}

// validate refuses bytes from outside that aren't a document.
func validate(doc []byte, depth int) {
	if depth > maxDepth {
		refuse(codeOverflow, "exceeded depth limit of %d", maxDepth)
	}
	size, _, ok := bsoncore.ReadLength(doc)
	if !ok || int(size) != len(doc) || size < 5 || doc[size-1] != 0 {
		refuse(codeInvalidBSON, "invalid BSON: wrong length")
	}
	for rest := doc[4 : size-1]; len(rest) > 0; {
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			refuse(codeInvalidBSON, "invalid BSON: a key doesn't end")
		}
		key, t := rest[1:end+1], bsontype.Type(rest[0])
		v, after, ok := bsoncore.ReadValue(rest[end+2:], t)
		if !ok || !validValue(v) {
			refuse(codeInvalidBSON, "invalid BSON: field %q of type %d", key, t)
		}
		switch t {
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			validate(v.Data, depth+1)
		case bson.TypeCodeWithScope:
			_, scope, _ := v.CodeWithScopeOK()
			validate(scope, depth+1)
		}
		rest = after
	}
}

func validValue(v value) (ok bool) {
	defer func() { ok = ok && recover() == nil }() // bsoncore slices by lengths it has read
	switch v.Type {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return true // validate looks into it
	case bson.TypeCodeWithScope:
		_, _, ok := v.CodeWithScopeOK()
		return ok
	case bson.TypeUndefined, bson.TypeNull, bson.TypeMinKey, bson.TypeMaxKey:
		return true
	}
	return v.Validate() == nil
}

// asInt reads a number without a fraction.
func asInt(v value) (int64, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return int64(v.Int32()), true
	case bson.TypeInt64:
		return v.Int64(), true
	case bson.TypeDouble:
		f := v.Double()
		if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), true
		}
	}
	return 0, false
}

// truthy reads an option the way MongoDB does: numbers other than zero are true.
func truthy(v value) bool {
	switch v.Type {
	case 0, bson.TypeNull, bson.TypeUndefined:
		return false
	case bson.TypeBoolean:
		return v.Boolean()
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		n, whole := asInt(v)
		return !whole || n != 0
	}
	return true
}

func isNumber(v value) bool { return rank(v.Type) == rankNumber }

func isDocument(v value) bool { return v.Type == bson.TypeEmbeddedDocument }

// inner is the document in a value, or an empty one.
func inner(v value) document {
	if isDocument(v) {
		return v.Data
	}
	return nil
}

// isOperators reports whether a value is a document whose first key starts with $.
func isOperators(v value) bool {
	if !isDocument(v) {
		return false
	}
	for key := range fields(v.Data) {
		return len(key) > 0 && key[0] == '$' && string(key) != "$ref" && string(key) != "$id" && string(key) != "$db"
	}
	return false
}

// values collects an array.
func values(array []byte) []value {
	var all []value
	for _, v := range fields(array) {
		all = append(all, v)
	}
	return all
}

// array encodes values as an array.
func array(items []value) value {
	return value{Type: bson.TypeArray, Data: build(func(dst []byte) []byte {
		for n, v := range items {
			dst = bsoncore.AppendValueElement(dst, strconv.Itoa(n), v)
		}
		return dst
	})}
}

func marshal(v any) document {
	doc, err := bson.Marshal(v)
	must(err)
	return doc
}

// toValue encodes a value for which Go has a type.
func toValue(v any) value {
	t, data, err := bson.MarshalValue(v)
	must(err)
	return value{Type: t, Data: data}
}

// build encodes elements in order.
func build(write func(dst []byte) []byte) document {
	start, dst := bsoncore.AppendDocumentStart(nil)
	doc, err := bsoncore.AppendDocumentEnd(write(dst), start)
	must(err)
	return doc
}

// newUUID makes a random UUID.
func newUUID() primitive.Binary {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	id[6] = id[6]&0x0F | 0x40
	id[8] = id[8]&0x3F | 0x80
	return primitive.Binary{Subtype: 4, Data: id}
}
