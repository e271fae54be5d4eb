// Package client speaks the HTTP contract of claude-mem. Hooks, the command line
// and MCP use it against the local daemon; other Go programs may use it against
// any server of the same contract.
//
//	c := client.New("http://127.0.0.1:37877", key, client.Options{})
//	found, err := c.Search(ctx, client.SearchRequest{ProjectID: root, Query: "retry"})
//	if errors.Is(err, memory.ErrForbidden) { … }
//
// What travels and is not a type of package memory is defined here, once, for
// both sides: the server writes the same structs that this package reads, and
// [NewErrorBody] and [ErrorBody.Err] are the two directions of one error table.
//
// Every call takes a context and ends with it. A failure is a [*memory.Error]:
// an error answer keeps its code, so errors.Is works across the wire; a server
// that could not be reached, or did not answer in time, is
// [memory.ErrUnavailable] wrapping the cause. Calls that only read are tried
// again (see [Options.Retries]) when nothing listened or the server said 503;
// calls that write never are, because the caller has to know that they are
// repeated. Answers are read up to [Options.MaxBytes].
package client
