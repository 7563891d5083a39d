"""Asking GitHub: what stands between this program and the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dc43_gitdraft.errors import ForgeError
from dc43_gitdraft.forge.github.api import Api, ApiError, anew

Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(
    answer: Callable[[str, str], Reply], sent: list[str | None] | None = None
) -> Iterator[str]:
    """Run a server that answers method and path as told; its URL.

    The Authorization of each request goes into `sent`.
    """

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if sent is not None:
                sent.append(self.headers.get("Authorization"))
            status, headers, body = answer(self.command, self.path)
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def document(value: object) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_renamed_repository_is_followed_with_its_query(status: int) -> None:
    seen = []

    def answer(method: str, path: str) -> Reply:
        seen.append(f"{method} {path}")
        if path.startswith("/old"):
            return status, {"Location": path.replace("/old", "/repositories/7")}, b""
        return document({"path": path})

    with serving(answer) as url:
        assert Api(url, None).get("/old", head="acme:x") == {
            "path": "/repositories/7?head=acme%3Ax"
        }
        Api(url, None).post("/old", {}, anew)
    assert seen[-1] == "POST /repositories/7"


def test_a_redirect_to_another_server_is_not_followed() -> None:
    with (
        serving(lambda _method, _path: (301, {"Location": "http://elsewhere.test/x"}, b"")) as url,
        pytest.raises(ForgeError, match=r"redirects to elsewhere\.test"),
    ):
        Api(url, "secret").get("/x")


def test_a_redirect_in_a_circle_ends() -> None:
    with (
        serving(lambda _method, path: (301, {"Location": path}, b"")) as url,
        pytest.raises(ForgeError, match="in circles"),
    ):
        Api(url, None).get("/x")


def test_a_page_that_is_no_answer_of_githubs_says_so() -> None:
    with (
        serving(lambda _method, _path: (200, {}, b"<html>Sign in</html>")) as url,
        pytest.raises(ForgeError, match="<html>Sign in</html>"),
    ):
        Api(url, None).get("/x")


def test_a_list_that_is_none_says_so() -> None:
    with (
        serving(lambda _method, _path: document({"message": "hi"})) as url,
        pytest.raises(ForgeError, match="something else than a list"),
    ):
        list(Api(url, None).pages("/x"))


def test_a_token_that_is_sent_back_is_not_shown() -> None:
    refused: Reply = (422, {}, json.dumps({"message": "no: secret-token"}).encode())
    with serving(lambda _method, _path: refused) as url, pytest.raises(ApiError) as caught:
        Api(url, "secret-token").get("/x")
    assert "no: ***" in str(caught.value)


@pytest.mark.parametrize(
    ("token", "said"), [("t", "does not accept the token"), (None, "asks for")]
)
def test_401_says_which_token(token: str | None, said: str) -> None:
    with (
        serving(lambda _method, _path: (401, {}, b'{"message": "Bad credentials"}')) as url,
        pytest.raises(ForgeError, match=f"{said}.*GITHUB_TOKEN"),
    ):
        Api(url, token).get("/x")


def test_403_says_what_the_token_needs() -> None:
    headers = {"X-Accepted-GitHub-Permissions": "pull_requests=write"}
    with (
        serving(lambda _method, _path: (403, headers, b'{"message": "Not you"}')) as url,
        pytest.raises(ForgeError, match="Not you; the token needs pull_requests=write"),
    ):
        Api(url, "secret").post("/x", {}, anew)


def test_a_server_that_is_not_there_is_an_error_after_a_few_attempts() -> None:
    with serving(lambda _method, _path: document({})) as url:
        pass
    waited: list[float] = []
    with pytest.raises(ForgeError, match="Connection refused: run again"):
        Api(url, None, waited.append).get("/x")
    assert len(waited) == 3


def test_a_post_that_cannot_be_looked_for_is_not_repeated_without_leave() -> None:
    count = []

    def answer(method: str, path: str) -> Reply:
        count.append(path)
        return 502, {}, b""

    with serving(answer) as url, pytest.raises(ForgeError):
        Api(url, None, lambda _seconds: None).ask("POST", "/x", body={})
    assert count == ["/x"]


def test_limits_add_up_to_what_one_waits_at_most() -> None:
    waited: list[float] = []
    limited = (403, {"Retry-After": "25"}, b'{"message": "secondary rate limit"}')
    with serving(lambda _method, _path: limited) as url, pytest.raises(ForgeError, match="UTC"):
        Api(url, None, waited.append).get("/x")
    assert waited == [25, 25]


def test_the_limits_own_clock_counts() -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1000000030",
        "Date": "Sun, 09 Sep 2001 01:46:40 GMT",  # 1000000000
    }
    answers = [(403, headers, b"{}"), document({"done": True})]
    waited: list[float] = []

    with serving(lambda _method, _path: answers.pop(0)) as url:
        assert Api(url, None, waited.append).get("/x") == {"done": True}
    assert waited == [31]


def test_writes_are_paced_to_what_github_allows_in_a_minute() -> None:
    waited: list[float] = []
    with serving(lambda _method, _path: document({})) as url:
        api = Api(url, None, waited.append)
        for _ in range(76):
            api.post("/x", {}, anew)
    assert len(waited) == 1
    assert 0 < waited[0] <= 60


def test_a_home_netrc_is_not_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ana password other\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    sent: list[str | None] = []
    with serving(lambda _method, _path: document({}), sent) as url:
        Api(url, "mine").get("/x")
        Api(url, None).get("/x")
    assert sent == ["Bearer mine", None]


def test_the_token_is_asked_for_each_time() -> None:
    tokens = iter(["first", "second"])
    current = [""]

    def token() -> str:
        return current[0]

    sent: list[str | None] = []
    with serving(lambda _method, _path: document({}), sent) as url:
        api = Api(url, token)
        for current[0] in tokens:
            api.get("/x")
    assert sent == ["Bearer first", "Bearer second"]
