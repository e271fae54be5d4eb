package cli

import (
	"fmt"
	"strings"

	"claude-mem/hooks/install"
)

// checkHosts looks at the registration with the agents on this machine.
func (d *doctor) checkHosts() {
	hosts, err := findHosts()
	if err != nil {
		d.report("hooks", wrong, oneLine(err), "")
		return
	}
	o, err := hookOptions(d.cfg)
	if err != nil {
		d.report("hooks", wrong, oneLine(err), "")
		return
	}
	var names []string
	var reports []install.Report
	var failures []error
	var here []install.Host
	registered := false
	for _, h := range hosts {
		names = append(names, h.Name)
		if !h.Here() {
			continue
		}
		r, err := h.Check(o)
		here, reports, failures = append(here, h), append(reports, r), append(failures, err)
		registered = registered || len(r.Events) > 0
	}
	if len(here) == 0 {
		d.report("hooks", suspect, "no agent is here ("+strings.Join(names, ", ")+"), so nothing is recorded", "install one, then: claude-mem install")
	}
	for i, h := range here {
		d.checkHost(h, o, reports[i], failures[i], registered)
	}
}

// checkHost tells of one agent. Where others are registered, one that is not may be
// meant so.
func (d *doctor) checkHost(h install.Host, o install.Options, r install.Report, err error, others bool) {
	check, mcp := "hooks", "mcp"
	if h.Agent != "claude-code" {
		check, mcp = h.Agent, h.Agent+" mcp"
	}
	again := "claude-mem install --agent " + h.Agent
	switch {
	case err != nil:
		d.report(check, wrong, oneLine(err), "mend the file; "+h.Name+" ignores all of it as it is")
	case len(r.Events) == 0 && others:
		d.report(check, suspect, h.Name+" is here, and none are registered in "+r.Path, again)
	case len(r.Events) == 0:
		d.report(check, wrong, "none are registered in "+r.Path, again)
	case len(r.Missing) > 0:
		d.report(check, wrong, "not registered for "+strings.Join(r.Missing, ", "), again)
	case !r.Registered():
		d.report(check, wrong, strings.Join(r.Problems, "; "), again+", with the binary that shall be used")
	case len(r.Untrusted) > 0:
		d.report(check, wrong, fmt.Sprintf("%s does not run those for %s until you agree to them", h.Name, strings.Join(r.Untrusted, ", ")), h.Next)
	default:
		detail := fmt.Sprintf("%d registered in %s", len(r.Events), r.Path)
		if r.Agreed != "" {
			detail += "; " + r.Agreed
		}
		d.ok(check, detail)
		d.checkTools(mcp, h, o)
	}
}

// checkTools looks whether the agent has the MCP tools as well.
func (d *doctor) checkTools(check string, h install.Host, o install.Options) {
	f := h.Files[len(h.Files)-1]
	switch plan, err := f.Install(o); {
	case err != nil:
		d.report(check, suspect, oneLine(err), "")
	case plan.Changed():
		d.report(check, suspect, "the tools are not registered in "+plan.Path, "claude-mem install --agent "+h.Agent)
	default:
		d.ok(check, "registered in "+plan.Path)
	}
}
