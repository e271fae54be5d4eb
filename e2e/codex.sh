#!/bin/sh
# Runs sessions of the real Codex CLI against a stub of its model and checks that what
# one did is recorded, that the next is told of it, and that its model can use the MCP
# tools. Needs npm once, to fetch the client; the sessions themselves use the loopback
# interface only.
#
#   e2e/codex.sh [VERSION]     the client's version; a known good one by default
set -eu
version=${1:-0.169.0}
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/claude-mem-e2e/codex-$version

# The package brings the binary of this platform with it.
find_codex() { find "$cache" -path '*/vendor/*/bin/codex' -type f 2>/dev/null | head -n 1; }

codex=$(find_codex)
if [ -z "$codex" ]; then
	command -v npm >/dev/null || {
		echo "codex.sh: install npm first; it fetches the client" >&2
		exit 1
	}
	echo "fetching Codex $version into $cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "@openai/codex@$version"
	codex=$(find_codex)
fi
[ -n "$codex" ] || {
	echo "codex.sh: no Codex is published for $(uname -s) on $(uname -m)" >&2
	exit 1
}
cd "$here/.."
CLAUDE_MEM_E2E_CODEX=$codex exec go test -tags agents -count=1 -v -run Codex ./e2e
