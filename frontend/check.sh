#!/usr/bin/env bash
# Types and unit tests, then builds the pages from the lock file and compares every byte with what is committed.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v npm >/dev/null; then
  echo "frontend/check.sh: npm is not here, so the built pages were NOT compared with their sources (Node 20.19 or newer)" >&2
  exit 0
fi

npm ci --no-audit --no-fund --silent
npm run --silent types
npm test --silent -- --reporter=dot

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
CONSOLE_OUT="$built" npx vite build --logLevel warn
if ! diff -rq "$built" ../vision/console/static; then
  echo "frontend/check.sh: vision/console/static is not what its sources give; run: make frontend" >&2
  exit 1
fi
echo "frontend/check.sh: the built pages are those of the sources"
