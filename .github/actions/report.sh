#!/usr/bin/env bash
# Shows what check finds at the commits of pull requests, named by number, that this job may have
# written: GitHub starts no workflow for what a workflow's own token does.
set -euo pipefail

if [[ -n ${GITDRAFT_APP_ID:-} ]]; then
  exit 0 # For what an App does, it does.
fi
for number in "$@"; do
  pull=$(dc43-gitdraft pulls show "$number" --forge github --output json)
  read -r state head base < <(
    python3 -I -c 'import json, sys; p = json.load(sys.stdin); print(p["state"], p["head"], p["base"])' \
      <<<"$pull"
  )
  if [[ $state == open ]]; then
    code=0
    dc43-gitdraft check --forge github --report auto --head="$head" --base="$base" || code=$?
    # Whether it passes is for the check at the commit to say, not for this job.
    if ((code > 1)); then exit "$code"; fi
  fi
done
