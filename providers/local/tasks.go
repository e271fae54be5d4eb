package local

import "strings"

// gitPurpose: what moves history is told, what moves only the working tree is not.
func gitPurpose(sub string) action {
	switch sub {
	case "commit", "push", "merge", "rebase", "cherry-pick", "revert", "tag", "am":
		return history
	case "mv", "rm":
		return files
	}
	return looks
}

// hubPurpose: what others will see on the forge is told.
func hubPurpose(args []string) action {
	if len(args) > 1 {
		switch args[1] {
		case "create", "merge", "close", "comment", "edit", "reopen", "review", "ready", "delete":
			return history
		}
	}
	return looks
}

// goPurpose sorts the sub-commands of go.
func goPurpose(sub string) action {
	switch sub {
	case "test":
		return tests
	case "build", "vet", "fmt", "generate", "fix":
		return checks
	case "get", "install":
		return installs
	case "run", "tool":
		return runs
	}
	return looks
}

// npmPurpose sorts those of npm and its like; run and its scripts are read by name.
func npmPurpose(sub string, args []string) action {
	switch sub {
	case "install", "i", "add", "ci", "remove", "uninstall", "upgrade", "update", "up":
		return installs
	case "test", "t":
		return tests
	case "publish":
		return deploys
	case "ls", "list", "view", "info", "outdated", "why", "config", "audit", "":
		return looks
	}
	return taskPurpose(args)
}

// cargoPurpose sorts those of cargo; what it does not know is a program of the project.
func cargoPurpose(sub string) action {
	switch sub {
	case "test", "nextest":
		return tests
	case "build", "check", "clippy", "fmt", "doc", "bench":
		return checks
	case "add", "install", "remove", "update":
		return installs
	case "publish":
		return deploys
	}
	return runs
}

// taskPurpose reads the names of tasks: mise run test:ci, make lint, gradle build.
func taskPurpose(args []string) action {
	for _, a := range args {
		name := strings.ToLower(strings.TrimLeft(a, ":"))
		switch {
		case a == "--":
			return runs
		case strings.HasPrefix(a, "-") || name == "run":
		case hasWord(name, "test*", "tests", "e2e", "spec", "verify"):
			return tests
		case hasWord(name, "lint*", "fmt", "format*", "build*", "compile", "check*", "vet", "typecheck", "type-check", "clean",
			"generate", "tidy"):
			return checks
		case hasWord(name, "migrat*", "deploy*", "release*", "publish"):
			return deploys
		case hasWord(name, "install", "use", "restore", "setup"):
			return installs
		}
	}
	return runs
}

// installPurpose sorts those of package managers.
func installPurpose(sub string, args []string) action {
	switch sub {
	case "install", "add", "remove", "uninstall", "sync", "upgrade", "update", "tap":
		return installs
	case "pip":
		return installPurpose(firstArg(args[1:]), args[1:])
	}
	return looks
}

// deployPurpose sorts those of tools that change what runs somewhere: the first word
// that does decides.
func deployPurpose(sub string, args []string) action {
	for _, a := range append([]string{sub}, args...) {
		switch a {
		case "push", "apply", "delete", "up", "down", "deploy", "destroy", "rollout", "upgrade", "install", "restart", "start",
			"stop", "enable", "disable", "publish", "create":
			return deploys
		case "build":
			return checks
		case "run", "exec":
			return runs
		}
	}
	return looks
}
