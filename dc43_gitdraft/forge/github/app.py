"""Signing as a GitHub App."""

from __future__ import annotations

from collections.abc import Callable

import jwt
from github.Auth import AppAuth

from dc43_gitdraft.errors import ConfigError


def signer(app_id: str, key: str, where: str) -> Callable[[], str]:
    """Return what signs a short-lived token with the App's private key; `where` names the key.

    Raises ConfigError for a key that cannot sign.
    """
    auth = AppAuth(app_id, key)

    def sign() -> str:
        try:
            return auth.create_jwt()
        except (ValueError, TypeError, jwt.PyJWTError):
            # Not the cause: it may show the key.
            raise ConfigError(f"{where} is no private key in PEM, as GitHub gives Apps") from None

    return sign
