"""What the server keeps of its visitors: little while they are here, nothing soon after they have left."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from datetime import datetime
from typing import Any

from gradio.blocks import Blocks
from gradio.components import State
from gradio.routes import file_upload_statuses
from gradio.state_holder import SessionState, StateHolder
from starlette.applications import Starlette

from explorer.server.doors import stand_before
from explorer.server.memory import give_back_memory, holding_still
from explorer.server.turns import TurnQueue
from explorer.uploads import forget_uploads

CAPACITY = 1000  # sessions that are kept at most; each takes some ten kilobytes
KEPT_AFTER_LEAVING = 30  # seconds after the last call, for pages that come back
ROUND = 1.0  # seconds between two looks for calls for which nobody waits
ROUNDS_UNTIL = {"sessions": 5, "memory": 30, "uploads": 30}
MOST_TRACKED = 200  # uploads whose progress Gradio remembers, whether or not anybody asked for it

logger = logging.getLogger(__name__)


class LightSession(SessionState):
    """A session that keeps what handlers need of it: the values of `gr.State` and the components that were changed.

    Gradio's own keeps a description of all components with their values too, for its deep links, which are not used
    here: a megabyte and an eighth of a second for each visitor.
    """

    def __init__(self, blocks: Blocks):  # no super(), whose __init__ would make that description
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, dict] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = KEPT_AFTER_LEAVING

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, State):
            self._state_ttl[key] = (block.time_to_live, datetime.now())
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Nothing: there is no description."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Nothing: there is no description."""


class LightSessions(StateHolder):
    """Gradio's store of sessions, of light ones."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = LightSession(self.blocks)
        return super().__getitem__(session_id)

    def forget(self, session_id: str) -> None:
        """Throw a session away; whoever comes back with it gets a new one."""
        self.session_data.pop(session_id, None)
        self.time_last_used.pop(session_id, None)


class Visits:
    """Which pages are open: each holds a connection for as long as it is."""

    def __init__(self):
        self._open: Counter[str] = Counter()

    @contextmanager
    def staying(self, session: str) -> Iterator[None]:
        """While the page of a session is open."""
        self._open[session] += 1
        try:
            yield
        finally:
            self._open[session] -= 1
            if self._open[session] <= 0:
                del self._open[session]

    def __contains__(self, session: str) -> bool:
        return self._open[session] > 0


def keep_house(visits: Visits, trusted: str):
    """A lifespan for the app: while it runs, doors stand before it, sessions are light ones, and what nobody needs goes.

    Args:
        visits: the pages that are open.
        trusted: addresses of proxies that are believed.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sessions = LightSessions()
        sessions.set_blocks(app.get_blocks())
        app.state_holder = sessions
        stand_before(app, trusted)
        task = asyncio.create_task(_forget_regularly(app, visits))
        try:
            with holding_still():
                yield
        finally:
            task.cancel()

    return lifespan


async def _forget_regularly(app: Starlette, visits: Visits) -> None:
    for number in itertools.count(1):
        await asyncio.sleep(ROUND)
        try:
            await app.get_blocks()._queue.drop_lost()
            if number % ROUNDS_UNTIL["sessions"] == 0:
                forget_sessions(app.state_holder, app.get_blocks()._queue, visits)
            if number % ROUNDS_UNTIL["memory"] == 0:
                await asyncio.to_thread(give_back_memory)
            if number % ROUNDS_UNTIL["uploads"] == 0:
                await asyncio.to_thread(forget_uploads)
                _forget_progress(app.get_blocks())
        except Exception:  # the next round may do better; without rounds nothing would ever be forgotten
            logger.exception("something could not be forgotten")


def _forget_progress(blocks: Blocks) -> None:
    """What Gradio notes of uploads and never throws away."""
    blocks.upload_file_set &= {path for path in blocks.upload_file_set if os.path.exists(path)}
    if len(file_upload_statuses._signals) > MOST_TRACKED:
        file_upload_statuses._statuses.clear()
        file_upload_statuses._signals.clear()


def forget_sessions(sessions: LightSessions, queue: TurnQueue, visits: Visits, now: datetime | None = None) -> None:
    """Throw away the sessions of pages that were left, and of calls by programs, a while after their last call.

    Args:
        sessions: the store.
        queue: the queue, which holds what is to be said to them.
        visits: the pages that are open.
        now: None asks the clock.
    """
    for session in queue.idle_sessions(KEPT_AFTER_LEAVING):
        queue.forget_session(session)
    now, in_use = now or datetime.now(), queue.sessions_in_use()
    for session, last_used in list(sessions.time_last_used.items()):
        idle = (now - last_used).total_seconds()
        if idle > KEPT_AFTER_LEAVING and session not in visits and session not in in_use:
            sessions.forget(session)
            queue.forget_session(session)
