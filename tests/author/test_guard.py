"""Who may speak to the page's server: tried over raw HTTP."""

from __future__ import annotations

import socket

import pytest
from support.asking import Page, ask
from support.shop import ANA, ORDERS, START, Shop

from dc43_gitdraft.author.guard import KEY_HEADER
from dc43_gitdraft.author.server import AuthorServer
from dc43_gitdraft.author.session import Session
from dc43_gitdraft.errors import ConfigError

SAFE = {
    "Content-Security-Policy": "script-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def token_path(server: AuthorServer) -> str:
    return server.url.partition(str(server.port))[2]


def test_it_listens_on_this_machine_alone(server: AuthorServer) -> None:
    assert server._http.server_address[0] == "127.0.0.1"


def test_the_page_that_was_entered_is_answered(server: AuthorServer) -> None:
    heard = Page(server)("GET", "state")
    assert (heard.status, heard.json["author"]) == (200, "Ana Steward")


def test_the_token_works_once(server: AuthorServer) -> None:
    path = token_path(server)
    assert ask(server, "GET", path).status == 200
    again = ask(server, "GET", path)
    assert again.status == 403
    assert "Set-Cookie" not in again.headers
    assert b"was used already" in again.body


@pytest.mark.parametrize("token", ["", "x", "é", "%00", "a" * 10_000])
def test_another_token_does_not_work_and_uses_none_up(server: AuthorServer, token: str) -> None:
    quoted = token.encode("ascii", "ignore").decode()
    assert ask(server, "GET", f"/enter?token={quoted}").status == 403
    assert ask(server, "GET", token_path(server)).status == 200


def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(server: AuthorServer) -> None:
    cookie = Page(server).entered.headers["Set-Cookie"]
    assert cookie.endswith("; HttpOnly; SameSite=Strict; Path=/")
    assert f"gitdraft-author-{server.port}=" in cookie


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Cookie", None),
        ("Cookie", "gitdraft-author-1=x"),
        ("Cookie", 'broken="'),
        (KEY_HEADER, None),
        (KEY_HEADER, "x"),
        (KEY_HEADER, "é"),
    ],
)
def test_without_cookie_and_key_nothing_is_told(
    server: AuthorServer, header: str, value: str | None
) -> None:
    heard = Page(server)("GET", "state", **{header.replace("-", "_"): value})
    assert heard.status == 401
    assert "open the address that the terminal shows" in heard.json["error"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", None],
)
def test_a_name_that_was_pointed_at_this_machine_is_not_served(
    server: AuthorServer, host: str | None
) -> None:
    given = host.format(port=server.port) if host else None
    for path in ("/", "/api/state", token_path(server)):
        assert ask(server, "GET", path, {"Host": given}).status == 421
    # It was no use of the token.
    assert ask(server, "GET", token_path(server)).status == 200


def test_two_hosts_are_none(server: AuthorServer) -> None:
    own = f"127.0.0.1:{server.port}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
        plain.sendall(f"GET / HTTP/1.0\r\nHost: {own}\r\nHost: evil.example\r\n\r\n".encode())
        assert b" 421 " in plain.makefile("rb").readline()


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        None,
    ],
)
def test_what_another_site_sends_is_refused(
    server: AuthorServer, shop: Shop, origin: str | None
) -> None:
    page = Page(server)
    given = origin.format(port=server.port) if origin else None
    heard = page("POST", "works", {"contract": "orders"}, Origin=given)
    assert (heard.status, heard.json["error"]) == (403, "this comes from another site")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_the_browser_says_is_of_another_site_is_refused(
    server: AuthorServer, site: str
) -> None:
    assert Page(server)("GET", "state", Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_address_may_be_a_link_on_any_page(server: AuthorServer, site: str) -> None:
    assert ask(server, "GET", token_path(server), {"Sec-Fetch-Site": site}).status == 200


def test_looking_at_the_address_without_opening_it_uses_no_token_up(server: AuthorServer) -> None:
    assert ask(server, "HEAD", token_path(server)).status == 404
    assert ask(server, "GET", token_path(server)).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_could_send_is_refused(server: AuthorServer, kind: str | None) -> None:
    assert Page(server)("POST", "works", {"contract": "orders"}, Content_Type=kind).status == 422


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "PUT"])
def test_other_methods_do_nothing(server: AuthorServer, method: str) -> None:
    assert Page(server)(method, "works", {}).status == 404


@pytest.mark.parametrize("path", ["/", "/author.js", "/editor/monaco-4.7.0.js", "/api/state", "/x"])
def test_every_answer_tells_the_browser_to_be_careful(server: AuthorServer, path: str) -> None:
    headers = ask(server, "GET", path).headers
    assert {name: SAFE[name] for name in SAFE if SAFE[name] in headers[name]} == SAFE


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/editor/../../server.py",
        "/editor/%2e%2e/%2e%2e/server.py",
        "/editor/LICENSE",
        "//etc/passwd",
        "/page/index.html",
        "/api",
    ],
)
def test_no_other_file_is_served(server: AuthorServer, path: str) -> None:
    assert ask(server, "GET", path).status in {401, 404}


def test_a_body_that_is_too_large_is_not_read(server: AuthorServer) -> None:
    heard = Page(server)("POST", "works", Content_Length=str(10**9))
    assert heard.status == 413


@pytest.mark.parametrize("length", ["x", "-1"])
def test_a_body_without_a_length_is_not_read(server: AuthorServer, length: str) -> None:
    assert Page(server)("POST", "works", Content_Length=length).status == 411


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(server: AuthorServer, body: bytes) -> None:
    assert ask(server, "POST", "/api/works", Page(server).headers, body).status == 422


def test_a_request_that_breaks_off_ends_nothing(server: AuthorServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
        plain.sendall(b"POST /api/works HTTP/1.0\r\nContent-Length: 10\r\n\r\nx")
    assert ask(server, "GET", "/").status == 200


def test_a_port_that_is_taken_is_said(server: AuthorServer, shop: Shop) -> None:
    session = Session(shop.desk, ANA, lambda: START)
    with pytest.raises(ConfigError, match=f"port {server.port} cannot be used"):
        AuthorServer(session, server.port)


def test_nothing_of_a_contract_is_markup(server: AuthorServer) -> None:
    page = Page(server)
    work = page.begin("orders")
    text = ORDERS.replace("name: Orders", "name: '<img src=x onerror=alert(1)>'")
    page.look(work, text)
    answer = page("GET", f"works/{work['id']}")
    assert answer.headers["Content-Type"] == "application/json"
