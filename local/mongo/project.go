package mongo

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

// projection includes or excludes fields. A nil one shows documents as they are.
type projection struct {
	include bool
	id      bool
	tree    node
}

// node is a part of the paths: nil ends one.
type node map[string]node

func parseProjection(v value) *projection {
	if missing(v) || v.Type == bson.TypeNull {
		return nil
	}
	if !isDocument(v) {
		refuse(codeTypeMismatch, "Expected field projection to be of type object")
	}
	p := &projection{id: true, tree: node{}}
	decided := false
	for k, each := range fields(v.Data) {
		path := string(k)
		if each.Type != bson.TypeBoolean && !isNumber(each) {
			refuse(codeBadValue, "projection of '%s' by an expression is not supported", path)
		}
		on := truthy(each)
		if path == "_id" {
			p.id = on
			continue
		}
		if decided && on != p.include {
			refuse(codeProjectionMixed, "Cannot both include and exclude fields in a projection: '%s'", path)
		}
		decided, p.include = true, on
		p.add(path)
	}
	if !decided {
		if count(v.Data) == 0 {
			return nil
		}
		p.include = p.id // {_id: 1} shows nothing else, {_id: 0} everything
	}
	return p
}

func (p *projection) add(path string) {
	if path == "" || strings.HasPrefix(path, "$") || strings.Contains(path, ".$") || strings.Contains("."+path+".", "..") {
		refuse(codeBadValue, "projection of '%s' is not supported", path)
	}
	at := p.tree
	parts := split(path)
	for n, part := range parts {
		below, there := at[part]
		last := n == len(parts)-1
		if there && (below == nil || last) {
			refuse(codePathCollision, "Path collision at %s", path)
		}
		if !there {
			if !last {
				below = node{}
			}
			at[part] = below
		}
		at = below
	}
}

// apply returns what the projection shows of a document.
func (p *projection) apply(doc document) document {
	if p == nil {
		return doc
	}
	return build(func(dst []byte) []byte {
		for key, v := range fields(doc) {
			if string(key) == "_id" && p.tree["_id"] == nil {
				if p.id {
					dst = bsoncore.AppendValueElement(dst, "_id", v)
				}
				continue
			}
			dst = p.appendField(dst, string(key), v, p.tree)
		}
		return dst
	})
}

func (p *projection) appendField(dst []byte, key string, v value, at node) []byte {
	below, named := at[key]
	switch {
	case !named:
		if !p.include {
			dst = bsoncore.AppendValueElement(dst, key, v)
		}
	case below == nil:
		if p.include {
			dst = bsoncore.AppendValueElement(dst, key, v)
		}
	default:
		if inner, shown := p.inside(v, below); shown {
			dst = bsoncore.AppendValueElement(dst, key, inner)
		}
	}
	return dst
}

// inside applies the rest of the paths to a value: to a document, or to the documents of an array.
func (p *projection) inside(v value, at node) (inner value, shown bool) {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return v, !p.include
	}
	n := 0
	data := build(func(dst []byte) []byte {
		for key, each := range fields(v.Data) {
			if v.Type == bson.TypeEmbeddedDocument {
				dst = p.appendField(dst, string(key), each, at)
				continue
			}
			if item, shown := p.inside(each, at); shown {
				dst = bsoncore.AppendValueElement(dst, strconv.Itoa(n), item)
				n++
			}
		}
		return dst
	})
	return value{Type: v.Type, Data: data}, true
}
