#!/usr/bin/env bash
# Drafts from the Observation that the action was given, and tells the workflow what came of it.
set -euo pipefail

folder=$RUNNER_TEMP/gitdraft-observation
mkdir -p "$folder"
if [[ -n $OBSERVATION ]]; then
  printf '%s\n' "$OBSERVATION" >"$folder/observation.json"
fi
shopt -s nullglob
files=("$folder"/*.json)
if ((${#files[@]} == 0)) && [[ $GITHUB_EVENT_NAME == repository_dispatch ]]; then
  # Read from the file: a variable holds less than such an event may.
  python3 -I - "$GITHUB_EVENT_PATH" "$folder/observation.json" <<'END'
import json, sys

with open(sys.argv[1], encoding="utf-8") as file:
    sent = (json.load(file).get("client_payload") or {}).get("observation")
if sent:
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(sent if isinstance(sent, str) else json.dumps(sent))
END
  files=("$folder"/*.json)
fi
if ((${#files[@]} != 1)); then
  echo "::error::one Observation is wanted, and there are ${#files[@]}:" \
    "give its JSON text, or an artifact with one JSON file"
  exit 2
fi

# What people and data wrote is printed here, and nothing of it is an order to the runner.
resume=$(python3 -I -c 'import secrets; print(secrets.token_hex(16))')
echo "::stop-commands::$resume"
trap 'echo "::$resume::"' EXIT

options=(--forge github --output json)
if [[ -n $BASE ]]; then options+=(--base="$BASE"); fi
if [[ $NEW == true ]]; then options+=(--new); fi
code=0
dc43-gitdraft draft "${options[@]}" --from="observation:${files[0]}" -- "$CONTRACT" \
  >"$RUNNER_TEMP/gitdraft-draft.json" || code=$?

outcome='' number=''
if [[ -s $RUNNER_TEMP/gitdraft-draft.json ]]; then
  read -r outcome number < <(python3 -I - "$RUNNER_TEMP/gitdraft-draft.json" <<'END'
import json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    said = json.load(file)
pull = said["pull_request"] or {"number": "", "url": ""}
print(said["outcome"], pull["url"], file=sys.stderr)
print(said["outcome"], pull["number"])
with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
    file.write(f"outcome={said['outcome']}\nnumber={pull['number']}\nurl={pull['url']}\n")
with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
    link = f": [#{pull['number']}]({pull['url']})" if pull["url"] else ""
    file.write(f"Draft: {said['outcome']}{link}\n")
END
  )
fi
rm -f "$folder"/*.json
# Also where nothing was written: the run before may have ended ere its result was shown.
if [[ $outcome == created || $outcome == updated || $outcome == unchanged ]]; then
  bash "$GITHUB_ACTION_PATH/../report.sh" "$number"
fi
exit "$code"
