"""A real browser without a window: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Milliseconds: what takes longer has not happened. Nothing waits so long that works.
PATIENCE = 90_000


def missing() -> str | None:
    """Say what a test with a browser lacks here."""
    try:
        import playwright  # noqa: F401
    except ModuleNotFoundError:
        return "playwright is not installed"
    return None if _found() else f"there is no {NAMES[0]} here"


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; skips the test where there is none.

    Not for longer than a module: while it runs, nothing else in the process can use asyncio.
    """
    why = missing()
    if why is not None:
        pytest.skip(why)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_found(),
            # Containers run as root and have a small /dev/shm.
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            timeout=PATIENCE,
        )
        try:
            yield browser
        finally:
            browser.close()
