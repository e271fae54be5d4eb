package redis

import "google.golang.org/protobuf/encoding/protowire"

// The fields of asynq's task that ours have; all others are zero, and left out.
const (
	fieldType    = 1
	fieldPayload = 2
	fieldID      = 3
	fieldQueue   = 4
	fieldRetry   = 5
	fieldTimeout = 8 // in seconds
)

// task makes of a message the task that asynq's client would make of it, byte for
// byte: asynq lets nobody see its own encoder.
func task(a announcement, maxRetry int) []byte {
	b := make([]byte, 0, len(a.payload)+len(a.id)+len(a.queue)+len(taskType)+32)
	text := func(field protowire.Number, s string) {
		b = protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
	}
	number := func(field protowire.Number, n uint64) {
		b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	text(fieldType, taskType)
	text(fieldPayload, string(a.payload))
	text(fieldID, a.id)
	text(fieldQueue, string(a.queue))
	number(fieldRetry, uint64(maxRetry))
	number(fieldTimeout, uint64(handlerTimeout.Seconds()))
	return b
}
