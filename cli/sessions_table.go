package cli

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

// minTopic is the room that a topic needs beside the columns; with less of it the
// topic stands below them.
const minTopic = 50

// sessions prints a table: a line for each session, or two where the terminal is
// narrow. of all projects, the project says which one it is; else it may be left out.
func (s screen) sessions(list []client.ListedSession, all bool, now memory.Epoch) {
	facts := sessionFacts(list, all, now).fit(s.full)
	used := facts.width()
	beside := s.full == 0 || s.full-used >= minTopic
	heads := facts.heads()
	if beside {
		heads += "about"
	}
	s.printf("%s\n", s.paint(dim, strings.TrimRight(heads, " ")))
	for i, one := range list {
		topic := strings.Join(strings.Fields(clean(string(one.Topic))), " ")
		if topic == "" {
			topic = "(nothing was asked)"
		}
		if beside && s.full == 0 {
			s.printf("%s%s\n", facts.row(i), topic)
			continue
		}
		if beside {
			s.printf("%s%s\n", facts.row(i), s.paint(bold, shorten(topic, s.full-used)))
			continue
		}
		s.printf("%s\n  %s\n", strings.TrimRight(facts.row(i), " "), s.paint(bold, shorten(topic, s.full-2)))
	}
}

// sessionFacts is all but the topics.
func sessionFacts(list []client.ListedSession, all bool, now memory.Epoch) table {
	of := func(c column, cell func(client.ListedSession) string) column {
		for _, one := range list {
			c.cells = append(c.cells, cell(one))
		}
		return c
	}
	project := column{head: "project", spare: 4}
	if all {
		project.spare = 1
	}
	return table{
		of(column{head: "summary"}, func(o client.ListedSession) string {
			if o.Summary == 0 {
				return "-"
			}
			return "#" + strconv.FormatInt(o.Summary, 10)
		}),
		of(column{head: "age", right: true}, func(o client.ListedSession) string { return rough(now.Time().Sub(o.StartedAt.Time())) }),
		of(column{head: "started", spare: 2}, func(o client.ListedSession) string { return when(o.StartedAt) }),
		of(column{head: "took", right: true}, took),
		of(column{head: "prompts", right: true}, func(o client.ListedSession) string { return strconv.FormatInt(o.Prompts, 10) }),
		of(column{head: "tools", right: true}, func(o client.ListedSession) string { return strconv.FormatInt(o.ToolCalls, 10) }),
		of(column{head: "memories", right: true}, func(o client.ListedSession) string { return strconv.FormatInt(o.Observations, 10) }),
		of(column{head: "agent", spare: 3}, func(o client.ListedSession) string { return shorten(clean(string(o.PlatformSource)), 12) }),
		of(project, func(o client.ListedSession) string { return shorten(clean(path.Base(o.ProjectName)), 20) }),
	}
}

// took is how long a session took, or has taken so far.
func took(o client.ListedSession) string {
	if o.EndedAt != 0 {
		return rough(o.EndedAt.Time().Sub(o.StartedAt.Time()))
	}
	return rough(max(o.LastEventAt.Time().Sub(o.StartedAt.Time()), 0)) + "…"
}

// rough says how long something is, in its largest unit; hours with their minutes.
func rough(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(d, 0)/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 10*time.Hour:
		return fmt.Sprintf("%dh%02d", d/time.Hour, d%time.Hour/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 100*day:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dmo", d/(30*day))
}
