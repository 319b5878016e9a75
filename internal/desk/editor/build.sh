#!/usr/bin/env bash
# Makes internal/desk/assets/dist/editor.js. Where npm cannot be reached it says
# so and leaves things as they are: the desk then serves its plain text area,
# which does everything.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=../../..

without() {
  printf 'editor: %s\neditor: going on without it; stories are written in the plain text area.\n' "$*" >&2
  exit 0
}

if ! [ -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  command -v npm >/dev/null || without "the editor is made with npm, which is not on this machine (https://nodejs.org)"
  printf 'editor: installing its packages, as package-lock.json names them\n'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || without "its packages could not be installed"
fi
cd "$root/tools" || exit 1
go run ./bundle ../internal/desk/editor/src/editor.ts ../internal/desk/assets/dist/editor.js ||
  { printf 'editor: the bundle could not be made\n' >&2; exit 1; }
