"""Gradio's queue with turns: each visitor gets his, and nothing is computed for those who have left.

A visitor is a page, which has a session of its own, or else an address. Of those that wait, a call is next whose address,
and then whose visitor, was served the longest ago. Long calls start only while somebody reads their answers. Of the calls of one
page to one function none overtakes another: Gradio tells a choice of a dropdown twice, and its second answer could else
come after that to something later.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from gradio.queueing import Event, EventQueue, Queue
from gradio.server_messages import EstimationMessage
from starlette.exceptions import HTTPException

from explorer.errors import log_defect
from explorer.patience import HEAVY, LONG, MOST_HEAVY, OUTDATED_BY, OUTDATES, TAKES_LONG, TRAINING
from explorer.server.words import RefusedError, language_of

MOST_WAITING = {HEAVY: 3, TRAINING: 2}  # calls of one visitor that may wait in such a queue
MOST_OF_VISITOR = 12  # calls of one visitor that may wait in all queues
SHARE_OF_ADDRESS = 0.5  # of the whole queue
PATIENCE = {"gone": 3.0, "never came": 15.0}  # seconds without a reader until a call is dropped
MOST_SESSIONS = 2000  # that have not read all that there is to say to them
MOST_SESSIONS_OF_ADDRESS = 500
MOST_UNREAD = {True: 1000, False: 30}  # messages to a session with a reader, and to one without: the oldest go
MOST_REMEMBERED = 10_000  # addresses and visitors whose last turn is remembered


class TurnQueue(Queue):
    """Gradio's queue, in which the next call is chosen by turns; see the module."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ANALYTICS_MAX_EVENTS = 1  # nobody reads them, and they were computed after each call
        # Gradio's own forgets a session that may still wait, and stumbles over that for good.
        self.pending_messages_per_session = {}
        self._addresses: dict[str, str] = {}  # session -> whence its last call came
        self._last_call: dict[str, float] = {}  # session -> when that was
        self._readers: Counter[str] = Counter()  # session -> open streams that read its answers
        self._left: dict[str, float] = {}  # session -> when its last reader left
        self._last_turn: dict[tuple, int] = {}  # address, or address and visitor -> number of the last turn
        self._turns = itertools.count(1)
        self._chosen: dict[
            str, dict[str, tuple[float, str]]
        ] = {}  # session -> group -> when what was chosen came, and what

    # ---- coming in ----------------------------------------------------------------------------------------------

    async def push(self, body, request, username):
        """As Gradio does, unless this visitor has enough calls waiting."""
        if body.fn_index is not None:
            self._check_room(body, request)
        answer = await super().push(body, request, username)
        event = self.event_ids_to_events.get(answer[1]) if answer[0] else None
        if event is not None and event.concurrency_id != _queue_of(event.fn, event.data):
            self._move_to_heavy(event)  # nobody else has seen it yet: what comes before this does not let others in
        if body.session_hash in self.pending_messages_per_session:
            self._addresses[body.session_hash] = _address_of(request)
            self._last_call[body.session_hash] = time.monotonic()
            if event is not None:
                self._note_choice(event)
        return answer

    def _note_choice(self, event: Event) -> None:
        """What is computed for an earlier choice of the page is out of date; Gradio tells a choice of a dropdown twice."""
        choice_of = getattr(event.fn.fn, OUTDATES, None)
        if choice_of is None or event.data is None:
            return
        group, words = choice_of(event.data.data)
        choice = hashlib.sha256(words.encode(errors="surrogatepass")).digest()  # a drawing has thousands of characters
        chosen = self._chosen.setdefault(event.session_hash, {})
        if group not in chosen or chosen[group][1] != choice:
            chosen[group] = (event.enqueue_time, choice)

    def _move_to_heavy(self, event: Event) -> None:
        self.event_queue_per_concurrency_id[event.concurrency_id].queue.remove(event)
        event.concurrency_id = HEAVY
        heavy = self.event_queue_per_concurrency_id.setdefault(HEAVY, EventQueue(HEAVY, MOST_HEAVY))
        heavy.queue.append(event)
        self.broadcast_estimations(HEAVY)

    def _check_room(self, body, request) -> None:
        waiting = self._waiting()
        address = _address_of(request)
        of_address = [event for event in waiting if _address_of(event.request) == address]
        visitor = body.session_hash or address
        of_visitor = [event for event in of_address if _visitor_of(event) == visitor]
        if self.max_size is not None and len(waiting) >= self.max_size:
            refused = RefusedError(429, "queue_full", count=len(waiting))  # Gradio's own sentence is English alone
            raise HTTPException(refused.status, refused.sentence(language_of(request.headers)))
        function = self.blocks.fns[body.fn_index]
        concurrency_id = _queue_of(function, body)
        # One that is out of date ends as soon as it begins.
        alike = sum(event.concurrency_id == concurrency_id and not self._is_outdated(event) for event in of_visitor)
        if (
            alike >= MOST_WAITING.get(concurrency_id, math.inf)
            or len(of_visitor) >= MOST_OF_VISITOR
            or (self.max_size is not None and len(of_address) >= max(1, SHARE_OF_ADDRESS * self.max_size))
            or not self._has_room_for_session(body.session_hash, address)
        ):
            refused = RefusedError(429, "too_many")
            raise HTTPException(refused.status, refused.sentence(language_of(request.headers)))

    def _has_room_for_session(self, session: str | None, address: str) -> bool:
        """Whether one more session may have something to read; where there are too many, the oldest answers go unread."""
        unread = [each for each, ids in self.pending_event_ids_session.items() if ids]
        of_address = [each for each in unread if self._addresses.get(each) == address]
        if session in unread or (len(unread) < MOST_SESSIONS and len(of_address) < MOST_SESSIONS_OF_ADDRESS):
            return True
        in_use = self.sessions_in_use()
        idle = [each for each in of_address or unread if each not in in_use]
        if idle:
            self.forget_session(min(idle, key=lambda each: self._last_call.get(each, 0)))
        return bool(idle)

    def send_message(self, event, event_message) -> None:
        """As Gradio does, to a session that is still here; one that nobody reads keeps the latest messages only."""
        messages = self.pending_messages_per_session.get(event.session_hash)
        if messages is None:
            return
        super().send_message(event, event_message)
        while messages.qsize() > MOST_UNREAD[self.has_reader(event.session_hash)]:
            messages.get_nowait()

    async def start_processing(self) -> None:
        """Gradio's loop, which goes on after any error: without it nobody gets an answer any more."""
        while True:
            try:
                await super().start_processing()
                return
            except Exception as error:
                log_defect("the queue", error)
                self.stopped = False

    # ---- whose turn it is ---------------------------------------------------------------------------------------

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The call that is next, for Gradio's loop; None if none can start now."""
        for concurrency_id, queue in self.event_queue_per_concurrency_id.items():
            if queue.concurrency_limit is not None and queue.current_concurrency >= queue.concurrency_limit:
                continue
            event = self._choose(concurrency_id, queue)
            if event is not None:
                queue.queue.remove(event)
                self._take_turn(event)
                return [event], event.fn.batch, concurrency_id
        return None

    def _choose(self, concurrency_id: str, queue: EventQueue) -> Event | None:
        ready = [each for each in queue.queue if concurrency_id not in LONG or self._readers[each.session_hash]]
        under_way = {_call_of(each) for each in self._running()}
        first: dict[tuple, Event] = {}  # also of calls that wait in different queues, as their values want it
        for each in sorted(self._waiting(), key=lambda each: each.enqueue_time):
            first.setdefault(_call_of(each), each)
        ready = [each for each in ready if _call_of(each) not in under_way and first[_call_of(each)] is each]
        running = [each for each in self._running() if each.concurrency_id == concurrency_id]
        counts = Counter(map(_visitor_of, running))
        most = 1 if concurrency_id == TRAINING else max(1, (queue.concurrency_limit or len(self.active_jobs)) // 2)
        ready = [each for each in ready if counts[_visitor_of(each)] < most]
        return min(ready, key=self._when_served, default=None)  # of equals the one that came first

    def _when_served(self, event: Event) -> tuple[int, ...]:
        return tuple(self._last_turn.get(key, 0) for key in _keys_of(event))

    def _take_turn(self, event: Event) -> None:
        turn = next(self._turns)
        for key in _keys_of(event):
            self._last_turn.pop(key, None)
            self._last_turn[key] = turn  # at the end: the first is the one that was served the longest ago
        while len(self._last_turn) > MOST_REMEMBERED:
            self._last_turn.pop(next(iter(self._last_turn)))

    def _waiting(self) -> list[Event]:
        return [event for queue in self.event_queue_per_concurrency_id.values() for event in queue.queue]

    def _running(self) -> Iterator[Event]:
        return (event for job in self.active_jobs if job for event in job)

    def broadcast_estimations(self, concurrency_id: str, after: int | None = None) -> None:
        """Tell all that wait in a queue their places. As they take turns, the last one to come need not be the last one."""
        queue = self.event_queue_per_concurrency_id[concurrency_id].queue
        for place, event in enumerate(self._in_turn(queue)):
            self.send_message(event, EstimationMessage(rank=place, queue_size=len(queue)))

    def _in_turn(self, waiting: Sequence[Event]) -> list[Event]:
        """Calls in the order in which they will be served, if no others come."""
        last_turn, turns = ChainMap({}, self._last_turn), itertools.count(next(self._turns))
        left, found = list(waiting), []
        while left:
            event = min(left, key=lambda each: tuple(last_turn.get(key, 0) for key in _keys_of(each)))
            left.remove(event)
            found.append(event)
            last_turn.update(dict.fromkeys(_keys_of(event), next(turns)))
        return found

    # ---- who waits ----------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, session: str) -> Iterator[None]:
        """While somebody reads the answers of a session."""
        self._readers[session] += 1
        self._left.pop(session, None)
        try:
            yield
        finally:
            self._readers[session] -= 1
            if self._readers[session] <= 0:
                del self._readers[session]
                self._left[session] = time.monotonic()

    def has_reader(self, session: str) -> bool:
        """Whether somebody reads the answers of a session now."""
        return self._readers[session] > 0

    def is_awaited(self, event_id: str) -> bool:
        """Whether somebody still waits for the answer to a call, or may come to read it."""
        event = self.event_ids_to_events.get(event_id)
        return event is not None and event.alive and not self._is_lost(event) and not self._is_outdated(event)

    def _is_outdated(self, event: Event) -> bool:
        """Whether the page has chosen something else since."""
        group = getattr(event.fn.fn, OUTDATED_BY, None)
        when, _ = self._chosen.get(event.session_hash, {}).get(group, (-math.inf, b""))
        return when > event.enqueue_time

    def _is_lost(self, event: Event) -> bool:
        if self.has_reader(event.session_hash):
            return False
        left, now = self._left.get(event.session_hash), time.monotonic()
        if left is not None and left > event.enqueue_time:
            return now - left > PATIENCE["gone"]
        return now - event.enqueue_time > PATIENCE["never came"]

    async def drop_lost(self) -> None:
        """Take out the calls for which nobody waits; running calls learn it from `is_awaited`."""
        waiting = self._waiting()
        for event in _lost(waiting, self):
            await self.clean_events(event_id=event._id)
            self.pending_event_ids_session.get(event.session_hash, set()).discard(event._id)
        for event in _lost(self._running(), self):
            event.alive = False
        for session in [each for each, ids in self.pending_event_ids_session.items() if not ids]:
            del self.pending_event_ids_session[session]
        self._left = {session: left for session, left in self._left.items() if time.monotonic() - left < 60}

    def sessions_in_use(self) -> set[str]:
        """Sessions whose answers are read, or that have calls waiting or running."""
        waiting = (event.session_hash for event in self._waiting())
        return {*self._readers, *waiting, *(event.session_hash for event in self._running())}

    def forget_session(self, session: str) -> None:
        """Delete the messages that are waiting for a session."""
        for each in (
            self.pending_messages_per_session,
            self.pending_event_ids_session,
            self._addresses,
            self._last_call,
            self._chosen,
        ):
            each.pop(session, None)

    def idle_sessions(self, seconds: float) -> list[str]:
        """Sessions with nothing waiting or running, that nobody has read or called for so many seconds."""
        now, in_use = time.monotonic(), self.sessions_in_use()
        last = {
            each: max(self._last_call.get(each, 0), self._left.get(each, 0))
            for each in self.pending_messages_per_session
        }
        return [each for each, when in last.items() if each not in in_use and now - when > seconds]

    def compute_analytics_summary(self, records):
        """Nothing: monitoring is off."""
        return self.cached_event_analytics_summary


def _queue_of(function, body) -> str:
    """Where a call waits: in the queue of its function, unless it takes seconds and that is none for such calls."""
    own = function.concurrency_id
    return HEAVY if own not in LONG and _takes_long(function, body) else own


def _takes_long(function, body) -> bool:
    """Whether a call takes seconds, as its handler says of its values, see `explorer.page.events.wire`."""
    ask = getattr(function.fn, TAKES_LONG, None)
    return ask is not None and body is not None and ask(body.data)


def _lost(events: Iterable[Event], queue: TurnQueue) -> list[Event]:
    return [event for event in events if queue._is_lost(event)]


def _address_of(request) -> str:
    return request.client.host if request is not None and request.client else ""


def _visitor_of(event: Event) -> str:
    """The session of a page; of a call without one, for which Gradio makes one up, the address."""
    return _address_of(event.request) if event.session_hash == event._id else event.session_hash


def _call_of(event: Event) -> tuple[str, int]:
    """The page and the function: of such calls none overtakes another."""
    return event.session_hash, event.fn._id


def _keys_of(event: Event) -> tuple[tuple, tuple]:
    address = _address_of(event.request)
    return (address,), (address, _visitor_of(event))
