package mongo

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsontype"
)

// An encoded value starts with the rank of its type in BSON's order of types. No
// encoding is a prefix of another, so encodings can be joined, and inverted bit by
// bit for descending fields, and still compare field by field. No encoding starts with 0x00
// or 0xFF, inverted or not.
const (
	rankMinKey    = 0x02
	rankUndefined = 0x04
	rankNull      = 0x06
	rankNumber    = 0x08
	rankString    = 0x0A
	rankDocument  = 0x0C
	rankArray     = 0x0E
	rankBinary    = 0x10
	rankObjectID  = 0x12
	rankBoolean   = 0x14
	rankDate      = 0x16
	rankTimestamp = 0x18
	rankRegex     = 0x1A
	rankDBPointer = 0x1C
	rankCode      = 0x1E
	rankCodeScope = 0x20
	rankMaxKey    = 0x22
)

var ranks = [256]byte{
	bson.TypeMinKey: rankMinKey, bson.TypeUndefined: rankUndefined, bson.TypeNull: rankNull,
	bson.TypeDouble: rankNumber, bson.TypeInt32: rankNumber, bson.TypeInt64: rankNumber, bson.TypeDecimal128: rankNumber,
	bson.TypeString: rankString, bson.TypeSymbol: rankString,
	bson.TypeEmbeddedDocument: rankDocument, bson.TypeArray: rankArray, bson.TypeBinary: rankBinary,
	bson.TypeObjectID: rankObjectID, bson.TypeBoolean: rankBoolean, bson.TypeDateTime: rankDate,
	bson.TypeTimestamp: rankTimestamp, bson.TypeRegex: rankRegex, bson.TypeDBPointer: rankDBPointer,
	bson.TypeJavaScript: rankCode, bson.TypeCodeWithScope: rankCodeScope, bson.TypeMaxKey: rankMaxKey,
}

// rank is the place of a type in BSON's order. A missing value counts as null.
func rank(t bsontype.Type) byte {
	if t == 0 {
		return rankNull
	}
	return ranks[t]
}

// compare orders two values as MongoDB does.
func compare(a, b value) int { return bytes.Compare(appendKey(nil, a), appendKey(nil, b)) }

// equal reports whether two values are the same to MongoDB: 1 and 1.0 are.
func equal(a, b value) bool { return compare(a, b) == 0 }

// appendKey encodes a value so that the order of bytes is the order of values.
func appendKey(dst []byte, v value) []byte {
	dst = append(dst, rank(v.Type))
	switch v.Type {
	case bson.TypeDouble, bson.TypeInt32, bson.TypeInt64, bson.TypeDecimal128:
		return appendNumber(dst, v)
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		return appendString(dst, v.Data[4:len(v.Data)-1])
	case bson.TypeEmbeddedDocument:
		return appendDocument(dst, v.Data)
	case bson.TypeArray:
		for _, item := range fields(v.Data) {
			dst = appendKey(dst, item)
		}
		return append(dst, 0)
	case bson.TypeBinary:
		subtype, data := v.Binary()
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(data)))
		return append(append(dst, subtype), data...)
	case bson.TypeObjectID:
		return append(dst, v.Data...)
	case bson.TypeBoolean:
		return append(dst, v.Data[0])
	case bson.TypeDateTime:
		return binary.BigEndian.AppendUint64(dst, uint64(v.DateTime())^1<<63)
	case bson.TypeTimestamp:
		t, i := v.Timestamp()
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, t), i)
	case bson.TypeRegex:
		pattern, options := v.Regex()
		return appendString(appendString(dst, []byte(pattern)), []byte(options))
	case bson.TypeDBPointer:
		ns, id := v.DBPointer()
		return append(appendString(dst, []byte(ns)), id[:]...)
	case bson.TypeCodeWithScope:
		code, scope := v.CodeWithScope()
		return appendDocument(appendString(dst, []byte(code)), scope)
	}
	return dst
}

// appendString escapes zero bytes and ends with two.
func appendString(dst, s []byte) []byte {
	for {
		zero := bytes.IndexByte(s, 0)
		if zero < 0 {
			return append(append(dst, s...), 0, 0)
		}
		dst = append(append(dst, s[:zero]...), 0, 0xFF)
		s = s[zero+1:]
	}
}

// appendDocument compares by type, then name, then value of each element.
func appendDocument(dst []byte, doc []byte) []byte {
	for key, v := range fields(doc) {
		dst = append(dst, rank(v.Type))
		dst = append(append(dst, key...), 0)
		dst = appendKey(dst, v)
	}
	return append(dst, 0)
}

// appendNumber writes the nearest double, and then how the number differs from it:
// not at all, or the exact decimal value, which orders numbers that share a double.
func appendNumber(dst []byte, v value) []byte {
	switch v.Type {
	case bson.TypeDouble:
		return append(appendDouble(dst, v.Double()), 0x80)
	case bson.TypeInt32:
		return append(appendDouble(dst, float64(v.Int32())), 0x80)
	case bson.TypeInt64:
		n := v.Int64()
		if -1<<53 <= n && n <= 1<<53 {
			return append(appendDouble(dst, float64(n)), 0x80)
		}
		return appendExact(dst, big.NewInt(n), 0)
	}
	d := v.Decimal128()
	switch {
	case d.IsNaN():
		return append(appendDouble(dst, math.NaN()), 0x80)
	case d.IsInf() != 0:
		return append(appendDouble(dst, math.Inf(d.IsInf())), 0x80)
	}
	n, exponent, err := d.BigInt()
	if err != nil {
		panic("read a valid decimal: " + err.Error())
	}
	return appendExact(dst, n, exponent)
}

// appendDouble orders doubles, with NaN below all of them.
func appendDouble(dst []byte, f float64) []byte {
	if f != f {
		return binary.BigEndian.AppendUint64(dst, 0)
	}
	bits := math.Float64bits(f)
	if f == 0 {
		bits = 0
	}
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

// appendExact encodes n·10^exponent.
func appendExact(dst []byte, n *big.Int, exponent int) []byte {
	if n.Sign() == 0 {
		return append(appendDouble(dst, 0), 0x80)
	}
	digits := strings.TrimRight(new(big.Int).Abs(n).String(), "0")
	exponent += len(new(big.Int).Abs(n).String()) // the number is 0.digits·10^exponent
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
	}
	f, _ := strconv.ParseFloat(sign+"0."+digits+"e"+strconv.Itoa(exponent), 64)
	if math.IsInf(f, 0) {
		f = math.Copysign(math.MaxFloat64, f)
	}
	dst = appendDouble(dst, f)
	differs := differs(sign, digits, exponent, f)
	if differs == 0 {
		return append(dst, 0x80)
	}
	start := len(dst)
	dst = append(dst, 1)
	dst = binary.BigEndian.AppendUint16(dst, uint16(exponent+1<<15))
	dst = append(append(dst, digits...), 0)
	if sign == "-" {
		for i := start + 1; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	dst[start] = byte(0x80 + 0x40*differs)
	return dst
}

// differs compares a decimal number with a double: -1, 0, or 1.
func differs(sign, digits string, exponent int, f float64) int {
	if f == 0 {
		if sign == "-" {
			return -1
		}
		return 1
	}
	if exponent > 400 || exponent < -400 {
		if sign == "-" {
			return -1
		}
		return 1
	}
	exact, _ := new(big.Rat).SetString(sign + "0." + digits + "e" + strconv.Itoa(exponent))
	return exact.Cmp(new(big.Rat).SetFloat64(f))
}

// invert turns an encoding into that of a descending field.
func invert(key []byte) []byte {
	for i := range key {
		key[i] = ^key[i]
	}
	return key
}
