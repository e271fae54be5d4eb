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

// PauseBudget is the class of a pause because budgets of tokens are used up.
const PauseBudget = "budget"

// LanePause says that a worker holds a lane's jobs back for now.
type LanePause struct {
	Lane  Lane   `json:"lane"`  // "": jobs of any lane, but only those of some projects
	Class string `json:"class"` // why: auth or quota, or PauseBudget
	Since Epoch  `json:"sinceEpoch"`
	// Projects is how many wait, where it is not everybody.
	Projects int `json:"projects,omitempty"`
	// Reason says what is wrong with one of their budgets, where waiting does not mend it.
	Reason string `json:"reason,omitempty"`
}
