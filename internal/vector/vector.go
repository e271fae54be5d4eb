// Package vector makes vectors small: a byte for each dimension is enough to tell
// which of many directions are near to one. What is lost is below what embedding
// models differ by for two wordings of one thing.
package vector

import "math"

// Quantise makes a byte of each dimension, an int8 in two's complement, so that the
// largest becomes 127. The direction stays, the length does not. A vector of zeros
// stays one.
func Quantise(v []float32) []byte {
	var largest float64
	for _, x := range v {
		largest = max(largest, math.Abs(float64(x)))
	}
	out := make([]byte, len(v))
	if largest == 0 {
		return out
	}
	for i, x := range v {
		out[i] = byte(int8(math.Round(float64(x) / largest * 127))) //nolint:gosec // within ±127; the bits are what counts
	}
	return out
}

// Dot is the scalar product of two quantised vectors of equal length. Four sums
// need not wait for each other as one would.
func Dot(a, b []int8) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	for len(a) >= 8 {
		x, y := (*[8]int8)(a), (*[8]int8)(b)
		s0 += int32(x[0])*int32(y[0]) + int32(x[4])*int32(y[4])
		s1 += int32(x[1])*int32(y[1]) + int32(x[5])*int32(y[5])
		s2 += int32(x[2])*int32(y[2]) + int32(x[6])*int32(y[6])
		s3 += int32(x[3])*int32(y[3]) + int32(x[7])*int32(y[7])
		a, b = a[8:], b[8:]
	}
	for i := range a {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

// Signed reads quantised bytes as the numbers they are.
func Signed(b []byte) []int8 {
	out := make([]int8, len(b))
	for i, x := range b {
		out[i] = int8(x) //nolint:gosec // the bits are what counts
	}
	return out
}
