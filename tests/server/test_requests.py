"""What a request holds once it has come in."""

from __future__ import annotations

import json
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.server.values import MOST_DEPTH, clean
from explorer.server.words import RefusedError, language_of

FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("half \ud83d of a sign", "half \ufffd of a sign"),
        ("\ud83d\ude00 and \u4e2d\u6587", "\U0001f600 and \u4e2d\u6587"),
        ({"\ud800": 1}, {"\ufffd": 1}),
        (10**30, 1e30),
        ([1, -(10**400)], [1, -math.inf]),
        (2**63 - 1, 2**63 - 1),
        ([True, None, 0.5, -5], [True, None, 0.5, -5]),
        (FILE, {"path": "/etc/passwd"}),
        ([{"a": [FILE, {**FILE, "meta": 5}]}], [{"a": [{"path": "/etc/passwd"}, {"path": "/etc/passwd"}]}]),
        ({"meta": "without a path"}, {"meta": "without a path"}),
    ],
)
def test_what_no_handler_should_meet_is_taken_out(given, left):
    assert clean(given) == left


def test_what_is_too_deep_is_refused():
    deep: list = []
    for _ in range(MOST_DEPTH):
        deep = [deep]
    clean(deep)
    with pytest.raises(RefusedError, match="too deep"):
        clean([deep])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_comes_in_can_be_sent_back(value):
    try:
        orjson.dumps(clean(json.loads(json.dumps(value))))
    except RefusedError as error:
        assert error.key == "too_deep"


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"referer": "http://here/zh?tab=shapes"}, "zh"),
        ({"referer": "http://here/explorer/zh"}, "zh"),
        ({"referer": "http://here/", "accept-language": "zh-CN"}, "en"),
        ({"referer": "http://here/zhu"}, "en"),
        ({"accept-language": "zh-CN,en"}, "zh"),
        ({"accept-language": "xx"}, "en"),
        ({"referer": "http://["}, "en"),
    ],
)
def test_the_server_speaks_the_language_of_the_page(headers, language):
    assert language_of(headers) == language
