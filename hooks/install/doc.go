// Package install registers our hooks and our MCP server with an agent host, by
// editing its files, and takes them out again. Hooks stand in the host's settings,
// servers in the file where it keeps its state, which it writes itself all the time.
//
// The files are the user's. So an edit changes the bytes it must and no others: keys
// keep their order, the rest keeps its spaces; a file that is not JSON is refused
// with line and column, because the host ignores such a file silently and somebody
// should know. Installing twice is installing once; entries of ours that point at
// another path are brought up to date, not added again.
//
// The first edit leaves a copy of the file beside it ([BackupSuffix]); taking the
// hooks out gives that copy back byte for byte if nothing else has changed since,
// and otherwise removes our entries alone.
//
//	plan, err := install.Install(path, install.Options{Exe: exe})
//	fmt.Print(plan.Diff())   // --dry-run ends here
//	err = plan.Apply()
package install
