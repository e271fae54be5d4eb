package redis_test

import (
	"testing"

	"claude-mem/internal/testenv"
	"claude-mem/queue/queuetest"
)

func TestConformance(t *testing.T) {
	server := testenv.StartRedis(t)
	queuetest.Run(t, func(t testing.TB) queuetest.Backend { return newBackend(t, server) })
}

func BenchmarkQueue(b *testing.B) {
	server := testenv.StartRedis(b)
	queuetest.Bench(b, func(t testing.TB) queuetest.Backend { return newBackend(t, server) })
}
