package local

import "strings"

// class is what a tool does, whatever its host calls it.
type class int

const (
	other    class = iota
	reads          // looks at files or lists
	books          // keeps the agent's own lists; nothing happens in the world
	edits          // changes files
	shell          // runs a command
	web            // fetches or searches
	agent          // asks a sub-agent
	mcp            // a tool of an MCP server
	plan           // presents a plan
	question       // asks the user
)

// classOf sorts tools by name: of Claude Code, Codex, Gemini and those who copied
// them.
func classOf(tool string) class {
	switch strings.ToLower(tool) {
	case "read", "grep", "glob", "ls", "notebookread", "toolsearch", "lsp", "bashoutput", "taskoutput",
		"read_file", "read_many_files", "list_directory", "list_dir", "grep_search", "search_file_content", "glob_files",
		"find_files", "view", "view_image", "readmcpresource", "readmcpresourcetool", "listmcpresourcestool", "codebase_search",
		"file_search", "get_internal_docs", "list_mcp_resources", "read_mcp_resource":
		return reads
	case "todowrite", "todoread", "taskcreate", "taskupdate", "taskget", "tasklist", "taskstop", "update_plan", "write_todos",
		"skill", "slashcommand", "killshell", "killbash", "enterplanmode", "save_memory", "write_stdin", "sleep", "think", "update_topic",
		"activate_skill", "enter_plan_mode", "complete_task":
		return books
	case "edit", "write", "multiedit", "notebookedit", "apply_patch", "applypatch", "replace", "write_file", "edit_file",
		"create_file", "str_replace", "str_replace_editor", "str_replace_based_edit_tool", "search_replace",
		"insert_edit_into_file":
		return edits
	case "bash", "shell", "run_shell_command", "local_shell", "exec_command", "exec", "run_terminal_cmd", "powershell",
		"shell_command":
		return shell
	case "webfetch", "websearch", "web_fetch", "web_search", "google_web_search", "fetch", "browser":
		return web
	case "task", "agent", "spawn_agent", "delegate_task", "invoke_agent":
		return agent
	case "exitplanmode", "exit_plan_mode":
		return plan
	case "askuserquestion", "ask_user", "request_user_input":
		return question
	}
	if strings.HasPrefix(tool, "mcp_") {
		return mcp
	}
	return other
}
