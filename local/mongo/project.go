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

func parseProjection(v value) (*projection, error) {
	if missing(v) || v.Type == bson.TypeNull {
		return nil, nil
	}
	if !isDocument(v) {
		return nil, errorf(codeTypeMismatch, "Expected field projection to be of type object")
	}
	p := &projection{id: true, tree: node{}}
	decided, idOnly := false, false
	for k, each := range fields(v.Data) {
		path := string(k)
		if each.Type != bson.TypeBoolean && !isNumber(each) {
			return nil, errorf(codeBadValue, "projection of '%s' by an expression is not supported", path)
		}
		on := truthy(each)
		if path == "_id" {
			p.id, idOnly = on, on
			continue
		}
		if decided && on != p.include {
			return nil, errorf(codeProjectionMixed, "Cannot do %s on field %s in %s projection", kindOf(on), path, kindOf(p.include))
		}
		decided, p.include = true, on
		if err := p.add(path); err != nil {
			return nil, err
		}
	}
	if !decided {
		if count(v.Data) == 0 {
			return nil, nil
		}
		p.include = idOnly
	}
	return p, nil
}

func kindOf(include bool) string {
	if include {
		return "inclusion"
	}
	return "exclusion"
}

func (p *projection) add(path string) error {
	if path == "" || strings.HasPrefix(path, "$") || strings.Contains(path, ".$") || strings.Contains("."+path+".", "..") {
		return errorf(codeBadValue, "projection of '%s' is not supported", path)
	}
	at := p.tree
	parts := split(path)
	for n, part := range parts {
		below, there := at[part]
		last := n == len(parts)-1
		if there && (below == nil || last) {
			return errorf(codePathCollision, "Path collision at %s", path)
		}
		if last {
			at[part] = nil
			break
		}
		if !there {
			below = node{}
			at[part] = below
		}
		at = below
	}
	return nil
}

// apply returns what the projection shows of a document.
func (p *projection) apply(doc document) (document, error) {
	if p == nil {
		return doc, nil
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
	}), nil
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

// inside applies the rest of the paths to a value: to a document, or to the
// documents of an array.
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
