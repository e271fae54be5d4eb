// Package mcp shows the memory to agents as tools of the Model Context Protocol.
//
// There are two faces. [Local] is what `claude-mem mcp` speaks on its standard
// streams, for the agent on the same machine: it reads and writes, and its project is
// that of the folder it was started in. [Handler] is what a server answers at
// /v1/mcp, for agents elsewhere: it only reads.
//
// An answer costs the model its length, so tools come in layers: search gives one
// line for each memory, timeline what happened around one, get_observations the few
// that are worth it in full. The handle throughout is the number that people cite,
// too. Answers are text; no result repeats itself as structured content.
//
// Neither face knows how the memory is reached: they ask a [Memory] or a [Reader].
// So a list of tools needs no daemon, and only a tool that is called waits for one.
//
// What goes wrong in a tool is a result that says so and what to do about it; a model
// reads results, while errors of the protocol stay with the program around it.
package mcp
