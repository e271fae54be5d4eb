// Package capture is the way in: everything that is told to us about a session
// passes here, whether it comes over HTTP, from a hook or out of the spool, and
// each passes the same steps in the same order:
//
//  1. check the shape ([memory.EventInput.Validate] and its kin);
//  2. find the project, within what the caller's key may reach;
//  3. remove what is private and what is shaped like a credential;
//  4. find or make the session, by one function for every path;
//  5. store the event, unless it was told before;
//  6. owe an observation: a job row, and the message that announces it, or a place in
//     the batch of the session, where that is the policy (policy.go);
//  7. write down who did it in the audit log.
//
// Steps 4 to 7 are one transaction. When a method returns nil, everything it was
// given is on stable storage; when it returns an error, nothing is. To tell the
// same thing again is always harmless: the event, its session and its job are the
// first ones.
//
// Failures that a caller can act on are [*memory.Error]s: ValidationError, and
// Forbidden for what the key may not reach or what does not exist.
package capture
