package mongo

import (
	"crypto/rand"

	"go.mongodb.org/mongo-driver/bson/primitive"
)

func newObjectID() primitive.ObjectID { return primitive.NewObjectID() }

// newUUID makes a random UUID.
func newUUID() primitive.Binary {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	id[6] = id[6]&0x0F | 0x40
	id[8] = id[8]&0x3F | 0x80
	return primitive.Binary{Subtype: 4, Data: id}
}
