"""A runner of workflows for tests: the steps run for real, as on a machine of GitHub's.

`Runner.run` takes a workflow of a repository on the tests' GitHub, and an event with its real
payload. It decides by `on` and `if` whether the job runs, gives it a token with exactly the
permissions that it asks for, and executes every `run:` with `bash --noprofile --norc -eo pipefail`,
those of composite actions too, with the files and variables that the runner of GitHub gives. Of
actions that are not the repository's own it knows the few that are used, and does what they do:
`actions/checkout` clones, `actions/download-artifact` copies.
"""

from support.actions.expressions import evaluate, interpolate
from support.actions.machine import Machine
from support.actions.runner import Ran, Runner

__all__ = ["Machine", "Ran", "Runner", "evaluate", "interpolate"]
