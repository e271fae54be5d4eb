package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// known is a message that Redis had before, with the states of its copies.
type known struct {
	announcement
	states []string
}

// placeNew sends, in one round trip, those messages of a lane of which Redis has no
// copy, and returns the others. One call for each message is all that asynq offers,
// and a third as fast.
func (q *Queue) placeNew(ctx context.Context, batch []announcement) ([]known, error) {
	lane := batch[0].queue
	keys := append(make([]string, 0, 2+copies*len(batch)), allQueues, lane.key("pending"))
	args := append(make([]any, 0, 2+2*len(batch)), string(lane), time.Now().UnixNano())
	for _, a := range batch {
		keys = a.copies(keys)
		args = append(args, a.id, task(a, q.o.MaxRetry))
	}
	flat, err := placeScript().Run(ctx, q.client, keys, args...).StringSlice()
	if err != nil {
		return nil, err
	}
	const row = 1 + copies // the place of a message in the batch, and its states
	out := make([]known, 0, len(flat)/row)
	for ; len(flat) >= row; flat = flat[row:] {
		i, err := strconv.Atoi(flat[0])
		if err != nil || i < 1 || i > len(batch) {
			return nil, fmt.Errorf("redis says that it knew message %q of %d", flat[0], len(batch))
		}
		out = append(out, known{batch[i-1], flat[1:row]})
	}
	return out, nil
}
