#!/bin/sh
# Runs sessions of the real Gemini CLI against a stub of its model and checks that what
# one did is recorded, that the next is told of it, and that its model can use the MCP
# tools. Needs node and npm, the latter once, to fetch the client; the sessions
# themselves use the loopback interface only.
#
#   e2e/gemini.sh [VERSION]     the client's version; a known good one by default
set -eu
version=${1:-0.61.0}
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/claude-mem-e2e/gemini-$version
gemini=$cache/node_modules/@google/gemini-cli/bundle/gemini.js

command -v node >/dev/null || {
	echo "gemini.sh: install node first; the client runs on it" >&2
	exit 1
}
if [ ! -f "$gemini" ]; then
	command -v npm >/dev/null || {
		echo "gemini.sh: install npm first; it fetches the client" >&2
		exit 1
	}
	echo "fetching Gemini CLI $version into $cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "@google/gemini-cli@$version"
fi
cd "$here/.."
CLAUDE_MEM_E2E_GEMINI=$gemini exec go test -tags agents -count=1 -v -run Gemini ./e2e
