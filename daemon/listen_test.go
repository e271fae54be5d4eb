package daemon

import (
	"net"
	"testing"

	"claude-mem/internal/config"
)

func listen(t *testing.T, port int) int {
	t.Helper()
	l, err := listenNear(t.Context(), "127.0.0.1", port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func TestListenTakesTheNextFreePort(t *testing.T) {
	first := listen(t, 0)
	if first < config.DefaultPort() || first >= config.DefaultPort()+portTries {
		t.Errorf("port %d is not derived from the user", first)
	}
	if second := listen(t, first); second <= first || second > first+portTries {
		t.Errorf("with %d taken: %d", first, second)
	}
}

func TestListenAtTheLastPort(t *testing.T) {
	if got := listen(t, 65535); got == 0 {
		t.Error("no port")
	}
	if got := listen(t, 65535); got == 65535 {
		t.Error("the same port twice")
	}
}

func TestListenElsewhereIsAnError(t *testing.T) {
	if l, err := listenNear(t.Context(), "192.0.2.1", 0); err == nil {
		_ = l.Close()
		t.Error("listened on an address that is not ours")
	}
}

func TestListenAtTakesNoOtherPort(t *testing.T) {
	taken := listen(t, 0)
	if l, err := listenAt(t.Context(), "127.0.0.1", taken); err == nil {
		_ = l.Close()
		t.Errorf("listened at %v, which was taken", l.Addr())
	}
}
