"""The configurations in docs/deploy let through what the app takes, for as long as it may take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from explorer.patience import LONGEST
from explorer.server.bodies import FORM_BYTES, MOST_BYTES
from explorer.settings import Settings

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"
NGINX, CADDY = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("nginx.conf", "Caddyfile"))


def number(text: str, pattern: str) -> int:
    return int(re.search(pattern, text)[1])


@pytest.mark.parametrize(("text", "pattern", "unit"), [
    (NGINX, r"client_max_body_size (\d+)m;", 1024**2),
    (CADDY, r"max_size (\d+)MB", 1000**2),
])  # fmt: skip
def test_no_request_that_the_app_takes_is_too_large_for_the_proxy(text, pattern, unit):
    assert number(text, pattern) * unit > max(MOST_BYTES, Settings().max_upload_bytes + FORM_BYTES)


def test_nginx_waits_for_the_longest_call():
    assert number(NGINX, r"proxy_read_timeout (\d+)s;") > LONGEST


def test_both_show_two_processes_under_one_path():
    for text in (NGINX, CADDY):
        assert {"127.0.0.1:7861", "127.0.0.1:7862"} <= set(re.findall(r"127\.0\.0\.1:\d+", text))
        assert "/cnn/" in text
