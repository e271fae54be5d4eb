package memory

// Worker is a process that generates observations, as it last told of itself.
type Worker struct {
	ID        string `json:"id"` // of the process, not of the machine: a restart is another worker
	Host      string `json:"host"`
	PID       int    `json:"pid"`
	Version   string `json:"version"`
	StartedAt Epoch  `json:"startedAtEpoch"`
	// SeenAt is when the store last heard of it, by the store's own clock.
	SeenAt Epoch `json:"seenAtEpoch"`
	// Paused lists the lanes in which its provider refuses everybody.
	Paused []LanePause `json:"paused,omitempty"`
}

// LanePause says that a worker holds a lane's jobs back for now.
type LanePause struct {
	Lane  Lane   `json:"lane"`
	Class string `json:"class"` // why: auth or quota
	Since Epoch  `json:"sinceEpoch"`
}
