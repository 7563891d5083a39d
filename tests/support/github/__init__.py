"""The tests' GitHub: a server that keeps its state, over real Git repositories.

    with serve(tmp_path, files={"contracts/orders.odcs.yaml": ORDERS}) as github:
        token = github.token("bot")
        ...  # github.url for Git, github.api_url for the API, both at one address

One HTTP server answers Git (`http://127.0.0.1:PORT/acme/contracts.git`, by `git http-backend`) and
the API (`http://127.0.0.1:PORT/api/v3/...`), for any number of processes at once. Merges,
conflicts, ancestry and refused pushes are real Git's. It knows the routes that are registered in
`pulls`, `issues`, `facts`, `checks` and `apps`; asking for another fails the test when the server
ends, and so does a request that GitHub's own description of its API forbids, or an answer that it
does not allow (`description`).

What a test asks and does:

- tokens: `token(login, role)` of a person (none, read, triage, write, maintain, admin);
  `actions_token(permissions)` is a workflow's; `app()` gives an App with its private key, whose
  JWT gets installation tokens; `expire(token)`;
- people: `person(login, role)`, `open`, `merge(number, method, by)` with method merge, squash or
  rebase, `close`, `reopen`, `comment`, `edit_comment`, `delete_branch`; commit with `support.git`'s
  `commit_on(github.path, branch, files)` and call `pushed()` after it;
- settings: `protect(branch)`, `protect_tags()`, `repository.actions_may_open = False`,
  `repository.teams`, `repository.codeowners_errors`, `add_repository(name)`,
  `former["old/name"] = "acme/contracts"` for a repository that was renamed;
- what is there: `pull(number)`, `pulls(state)`, `comments(number)` as the API writes them,
  `repository.checks`, `repository.statuses`, `repository.issue(number)`;
- what happened: `requests` (with status and user), `calls` (the API's, as `METHOD /path`),
  `events` and `event(name, action)`: payloads as a workflow finds them;
- what goes wrong: `fault(method=..., path=..., nth=..., status=... or cut=True, after=...,
  delay=...)`, `secondary_limit(retry_after)`, `primary_limit(reset_in)`; see `faults.Fault`.
"""

from support.github.faults import Fault
from support.github.hub import GitHub, Request
from support.github.server import serve
from support.github.world import App

__all__ = ["App", "Fault", "GitHub", "Request", "serve"]
