"""GitHub Apps: who they are, where they are installed, and the tokens they get."""

from __future__ import annotations

from support.github.routes import Answer, Call, route
from support.github.world import RefusalError

_REPO = "/repos/{owner}/{repo}"


@route("GET", "/app")
def get_app(call: Call) -> Answer:
    if call.app is None:
        raise RefusalError(401, "A JSON web token could not be decoded")
    return Answer(call.shapes.app(call.app, call.hub.repository.owner))


@route("GET", _REPO + "/installation")
def get_installation(call: Call) -> Answer:
    app = call.app
    if app is None:
        raise RefusalError(401, "A JSON web token could not be decoded")
    repository = call.hub.repositories.get(f"{call.params['owner']}/{call.params['repo']}")
    if repository is None or repository.owner is not call.hub.repository.owner:
        raise RefusalError(404, "Not Found")
    owner = repository.owner
    api = call.shapes.api
    return Answer(
        {
            "id": app.installation,
            "app_id": app.id,
            "app_slug": app.slug,
            "client_id": f"Iv{app.id}",
            "account": call.shapes.user(owner),
            "target_id": owner.id,
            "target_type": owner.type,
            "access_tokens_url": f"{api}/app/installations/{app.installation}/access_tokens",
            "repositories_url": f"{api}/installation/repositories",
            "html_url": f"{call.shapes.web}/settings/installations/{app.installation}",
            "permissions": app.permissions,
            "repository_selection": "all",
            "events": [],
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
            "single_file_name": None,
            "suspended_by": None,
            "suspended_at": None,
        }
    )


@route("POST", "/app/installations/{installation_id}/access_tokens")
def create_installation_token(call: Call) -> Answer:
    app = call.app
    if app is None:
        raise RefusalError(401, "A JSON web token could not be decoded")
    if app.installation != call.number("installation_id"):
        raise RefusalError(404, "Not Found")
    token = call.hub.installation_token(app)
    return Answer(
        {
            "token": token,
            "expires_at": call.hub.token_expires(),
            "permissions": app.permissions,
            "repository_selection": "all",
        },
        201,
    )
