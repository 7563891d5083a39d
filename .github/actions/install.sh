#!/usr/bin/env bash
# Puts dc43-gitdraft into the PATH of this job's later steps; once, however many actions ask.
#
# Which one: the version that VERSION names; else the checkout that this file is part of, where
# that is dc43-gitdraft's own; else what requirements.txt beside this file pins.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$RUNNER_TEMP/dc43-gitdraft

if [[ ! -e $place/ready ]]; then
  if ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo '::error::dc43-gitdraft needs python3, 3.10 or newer: use actions/setup-python before'
    exit 1
  fi
  wanted=(--requirement "$here/requirements.txt")
  if [[ -n ${VERSION:-} ]]; then
    wanted=("dc43-gitdraft==$VERSION")
  elif grep -qsx 'name = "dc43-gitdraft"' "$here/../../pyproject.toml"; then
    wanted=("$here/../..")
  elif ! grep -qs '^[^#[:space:]]' "$here/requirements.txt"; then
    echo '::error file=.github/actions/requirements.txt::it names nothing to install: write' \
      'dc43-gitdraft @ git+https://HOST/OWNER/dc43-gitdraft.git@COMMIT there'
    exit 2
  fi
  # An environment of its own: what else the job installs stays as it is.
  python3 -I -m venv "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"
  touch "$place/ready"
fi
"$place/bin/dc43-gitdraft" --version
mkdir -p "$place/path"
ln -sf ../bin/dc43-gitdraft "$place/path/dc43-gitdraft"
echo "$place/path" >>"$GITHUB_PATH"
