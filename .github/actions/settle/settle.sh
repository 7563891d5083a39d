#!/usr/bin/env bash
# Carries out the decision that this workflow's event tells of, or promotes what waits for it.
set -euo pipefail

# What people and data wrote is printed here, and nothing of it is an order to the runner.
resume=$(python3 -I -c 'import secrets; print(secrets.token_hex(16))')
echo "::stop-commands::$resume"
trap 'echo "::$resume::"' EXIT

case $GITHUB_EVENT_NAME in
  pull_request | issue_comment) command=(settle --event "$GITHUB_EVENT_PATH") ;;
  *) command=(promote) ;;
esac
result=$RUNNER_TEMP/gitdraft-settle.json
code=0
dc43-gitdraft "${command[@]}" --forge github --output json ${BASE:+--base="$BASE"} \
  >"$result" || code=$?

if [[ -s $result ]]; then
  # Prints the numbers of the pull requests whose branches were written, by an earlier run perhaps,
  # which ended ere the result of check was shown.
  written=$(python3 -I - "$result" <<'END'
import json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    said = json.load(file)
promotion = said.get("promotion", said) or {}
lines = [said["reason"]] if "reason" in said else []
for each in promotion.get("promoted", ()):
    lines.append(f"promoted {each['contract']} {each['version']}, tag {each['tag']}")
lines += [f"not promoted: {problem}" for problem in promotion.get("problems", ())]
for hook in said.get("handed_on", ()):
    for each in hook["handed"]:
        lines.append(f"handed on {each['contract']} {each['version']} to {hook['hook']}")
    for each in hook["failed"]:
        lines.append(
            f"not handed on to {hook['hook']}: {each['contract']} {each['version']}: "
            f"{each['reason']}"
        )
    if hook["problem"]:
        lines.append(f"{hook['hook']}: {hook['problem']}")
asked = promotion.get("pull_request")
if asked:
    lines.append(f"merge this to promote: {asked['url']}")
print("\n".join(lines or ["nothing to promote"]), file=sys.stderr)
with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
    fence = "`" * 8
    file.write("\n".join([fence, *lines, fence, ""]) if lines else "")
obeyed = said.get("pull_request") if said.get("outcome") in {"obeyed", "nothing"} else None
print(*(pull["number"] for pull in (asked, obeyed) if pull))
END
  )
  # shellcheck disable=SC2086 # numbers
  bash "$GITHUB_ACTION_PATH/../report.sh" $written
fi
exit "$code"
