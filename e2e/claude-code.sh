#!/bin/sh
# Runs two sessions of the real Claude Code against a stub of its model and checks
# that the second is told what the first did, and that memories reach the model in
# each way: at the start, with a prompt, before a file is read. Needs npm once, to
# fetch the client; the sessions themselves use the loopback interface only.
#
#   e2e/claude-code.sh [VERSION]     the client's version; a known good one by default
set -eu
version=${1:-2.1.330}
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/claude-mem-e2e/claude-code-$version

case "$(uname -s)-$(uname -m)" in
Linux-x86_64) platform=linux-x64 ;;
Linux-aarch64 | Linux-arm64) platform=linux-arm64 ;;
Darwin-x86_64) platform=darwin-x64 ;;
Darwin-arm64) platform=darwin-arm64 ;;
*)
	echo "claude-code.sh: no Claude Code is published for $(uname -s) on $(uname -m)" >&2
	exit 1
	;;
esac
claude=$cache/node_modules/@anthropic-ai/claude-code-$platform/claude

if [ ! -x "$claude" ]; then
	command -v npm >/dev/null || {
		echo "claude-code.sh: install npm first; it fetches the client" >&2
		exit 1
	}
	echo "fetching Claude Code $version into $cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "@anthropic-ai/claude-code@$version"
fi
cd "$here/.."
CLAUDE_MEM_E2E_CLAUDE=$claude exec go test -tags agents -count=1 -v -run ClaudeCode ./e2e
