"""Sessions: light, and forgotten when their page has left."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from explorer.server.sessions import KEPT_AFTER_LEAVING, LightSession, LightSessions, Visits, forget_sessions
from explorer.server.turns import TurnQueue


@pytest.fixture
def demo() -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Slider(0, 5, 3, key="slider")
        gr.State({"run": 1})
    return demo


@pytest.fixture
def sessions(demo) -> LightSessions:
    sessions = LightSessions()
    sessions.set_blocks(demo)
    return sessions


def test_a_light_session_answers_as_gradios_own(demo, sessions):
    light, own = sessions["light"], SessionState(demo)
    assert isinstance(light, LightSession)
    slider, state = (each for each in demo.blocks.values() if isinstance(each, gr.Slider | gr.State))
    for session in (light, own):
        assert session[slider._id] is slider and slider._id in session
        assert session[state._id] == {"run": 1}
        session[state._id] = {"run": 2}
        changed = gr.Slider(0, 9, render=False)
        session[slider._id] = changed
        assert session[state._id] == {"run": 2} and session[slider._id] is changed
    assert [value for _, value, _ in light.state_components] == [value for _, value, _ in own.state_components]
    assert sessions["other"][state._id] == {"run": 1} and sessions["other"][slider._id] is slider
    assert len(own.config_values) and not light.config_values


def test_pages_that_left_and_calls_that_are_over_are_forgotten(demo, sessions):
    queue = TurnQueue(live_updates=False, concurrency_count=4, update_intervals=1, max_size=9, blocks=demo)
    visits, later = Visits(), datetime.now() + timedelta(seconds=KEPT_AFTER_LEAVING + 1)
    for name in ("open", "read", "left"):
        sessions[name]
    with visits.staying("open"), visits.staying("open"), queue.reading("read"):
        with visits.staying("left"):
            forget_sessions(sessions, queue, visits, later)
            assert set(sessions.session_data) == {"open", "read", "left"}
        forget_sessions(sessions, queue, visits)  # it may come back
        assert "left" in sessions
        forget_sessions(sessions, queue, visits, later)
        assert set(sessions.session_data) == set(sessions.time_last_used) == {"open", "read"}
    assert "open" not in visits
    forget_sessions(sessions, queue, visits, later)
    assert not sessions.session_data


def test_there_are_never_more_than_may_be(sessions):
    sessions.capacity = 5
    for number in range(20):
        sessions[str(number)]
    assert set(sessions.session_data) == {"15", "16", "17", "18", "19"}


def test_what_was_to_be_said_is_forgotten_also_where_the_session_has_gone(demo, sessions):
    """The store of sessions has a limit of its own."""
    queue = TurnQueue(live_updates=False, concurrency_count=4, update_intervals=1, max_size=9, blocks=demo)
    for name in ("read", "unread", "waits"):
        queue.pending_messages_per_session[name], queue.pending_event_ids_session[name] = asyncio.Queue(), {"1"}
    queue._last_call["waits"] = time.monotonic()
    with queue.reading("read"):
        forget_sessions(sessions, queue, Visits())
        assert set(queue.pending_messages_per_session) == set(queue.pending_event_ids_session) == {"read", "waits"}
