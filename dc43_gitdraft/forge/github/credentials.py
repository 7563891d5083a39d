"""Which token to use: that of the environment, or one that a GitHub App is given for an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dc43_gitdraft.errors import ConfigError, ForgeError
from dc43_gitdraft.forge.github.facts import known_moment, understood
from dc43_gitdraft.forge.github.place import Place, place_of
from dc43_gitdraft.repo import Token

APP_ID = "GITDRAFT_APP_ID"
APP_KEY = "GITDRAFT_APP_PRIVATE_KEY"
APP_KEY_FILE = "GITDRAFT_APP_PRIVATE_KEY_FILE"

#: A token that ends so soon is renewed.
_MARGIN = timedelta(minutes=5)


def token_in(environ: Mapping[str, str]) -> str | None:
    """Return the token that the environment holds."""
    return (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip() or None


def is_there(environ: Mapping[str, str]) -> bool:
    """Say whether there is any way to show who we are."""
    return bool(environ.get(APP_ID, "").strip()) or token_in(environ) is not None


def credentials(environ: Mapping[str, str], url: str, api_url: str | None) -> Token | None:
    """Return the token for the repository at a URL: a GitHub App's, if the environment names one.

    Nothing is asked of GitHub yet.

    Raises ConfigError where the App is named by halves, or the URL is no repository's.
    """
    app_id = environ.get(APP_ID, "").strip()
    if not app_id:
        return token_in(environ)
    return InstallationToken(app_id, _key(environ), place_of(url, api_url))


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get(APP_KEY, "").strip()
    file = environ.get(APP_KEY_FILE, "").strip()
    if not key and file:
        try:
            key = Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise ConfigError(f"{APP_KEY_FILE}: {file} cannot be read: {reason}") from None
    if not key:
        raise ConfigError(
            f"{APP_ID} is set and the App's key is not: set {APP_KEY} or {APP_KEY_FILE}"
        )
    # Secrets are often kept on one line.
    return key if "\n" in key else key.replace("\\n", "\n")


class InstallationToken:
    """Gives the token of a GitHub App for one repository, and a new one before that expires."""

    def __init__(
        self,
        app_id: str,
        key: str,
        place: Place,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """Ask nothing yet."""
        self._app_id = app_id
        self._key = key
        self._place = place
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = datetime.min.replace(tzinfo=timezone.utc)

    def __call__(self) -> str:
        """Return a token that is valid for a while.

        Raises ConfigError for a key that is none, ForgeError where GitHub gives no token.
        """
        with self._lock:
            if self._clock() + _MARGIN >= self._until:
                self._renew()
            return self._token

    def _renew(self) -> None:
        # Only here: the signing libraries and PyGithub take long to load.
        from dc43_gitdraft.forge.github.api import Api, ApiError, anew
        from dc43_gitdraft.forge.github.app import signer

        place = self._place
        api = Api(place.api, signer(self._app_id, self._key, APP_KEY))
        try:
            found = api.get(f"/repos/{place.full_name}/installation")
            with understood(api.host):
                path = f"/app/installations/{int(found['id'])}/access_tokens"
            given, _ = api.post(path, {"repositories": [place.name]}, anew)
        except ApiError as error:
            if error.status == 401:
                said = f"does not know the GitHub App {self._app_id} by this key"
                raise ForgeError(f"{place.host} {said}: look at {APP_ID} and {APP_KEY}") from None
            if error.status == 404:
                said = f"the GitHub App {self._app_id} is not installed on {place.full_name}"
                raise ForgeError(f"{said}: install it there, or use GITHUB_TOKEN") from None
            raise
        with understood(api.host):
            self._token, self._until = str(given["token"]), known_moment(given["expires_at"])
