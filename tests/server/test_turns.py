"""The queue: whose call is next, how many may wait, and which are dropped."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.queueing import Event, EventQueue
from gradio.server_messages import EstimationMessage
from starlette.exceptions import HTTPException

from explorer.patience import OUTDATED_BY, OUTDATES, TAKES_LONG, TRAINING
from explorer.server import turns
from explorer.server.turns import HEAVY, TurnQueue
from tests.coroutines import run

LIGHT = "light"
READERS: list = []  # until the end of the tests


@pytest.fixture
def queue() -> TurnQueue:
    with gr.Blocks() as demo:
        button = gr.Button()
        button.click(lambda: None, concurrency_id=HEAVY, concurrency_limit=1)
        button.click(lambda: None, concurrency_id=LIGHT, concurrency_limit=4)
    queue = TurnQueue(live_updates=False, concurrency_count=40, update_intervals=1, max_size=20, blocks=demo)
    queue.active_jobs = [None] * 40
    queue.event_queue_per_concurrency_id = {HEAVY: EventQueue(HEAVY, 1), LIGHT: EventQueue(LIGHT, 4)}
    return queue


def request_of(address: str) -> SimpleNamespace:
    return SimpleNamespace(client=SimpleNamespace(host=address), headers={})


def add(queue: TurnQueue, session: str | None, address: str = "10.0.0.1", kind: str = HEAVY) -> Event:
    """Let a call wait, as Gradio does; None is a call of a program without a session."""
    function = next(each for each in queue.blocks.fns.values() if each.concurrency_id == kind)
    event = Event(session, function, request_of(address), None)
    queue.event_queue_per_concurrency_id[kind].queue.append(event)
    queue.event_ids_to_events[event._id] = event
    return event


def serve_all(queue: TurnQueue, number: int) -> list[Event]:
    """The calls in the order in which they are served, one after the other."""
    return [queue.get_events()[0][0] for _ in range(number)]


def read_by(queue: TurnQueue, *events: Event) -> None:
    """From now on somebody reads the answers to these calls."""
    for event in events:
        READERS.append(queue.reading(event.session_hash))
        READERS[-1].__enter__()


def test_who_asked_for_much_waits_behind_who_asks_for_little(queue):
    greedy = [add(queue, "greedy") for _ in range(3)]
    modest = [add(queue, "modest"), add(queue, "third")]
    read_by(queue, *greedy, *modest)
    assert serve_all(queue, 5) == [greedy[0], *modest, *greedy[1:]]


def test_many_sessions_of_one_address_share_its_turns(queue):
    forged = [add(queue, f"forged{number}", "10.0.0.1") for number in range(5)]
    honest = [add(queue, session, "10.0.0.2") for session in ("one", "two")]
    read_by(queue, *forged, *honest)
    assert serve_all(queue, 7) == [forged[0], honest[0], forged[1], honest[1], *forged[2:]]


def test_without_a_session_the_address_is_the_visitor(queue):
    calls = [add(queue, None) for _ in range(2)]
    page = add(queue, "page")
    read_by(queue, *calls, page)
    assert serve_all(queue, 3) == [calls[0], page, calls[1]]


def test_long_calls_wait_for_their_reader_and_light_ones_do_not(queue):
    unread, light = add(queue, None), add(queue, "page", kind=LIGHT)
    assert queue.get_events()[0] == [light]
    assert queue.get_events() is None
    read_by(queue, unread)
    assert queue.get_events()[0] == [unread]


def test_no_more_run_than_may(queue):
    first, second = add(queue, "one"), add(queue, "two")
    read_by(queue, first, second)
    queue.event_queue_per_concurrency_id[HEAVY].current_concurrency = 1
    assert queue.get_events() is None


def test_no_call_of_a_page_overtakes_another_to_the_same_function(queue):
    first, second = add(queue, "page", kind=LIGHT), add(queue, "page", kind=LIGHT)
    assert queue.get_events()[0] == [first]
    queue.active_jobs[0] = [first]
    assert queue.get_events() is None
    queue.active_jobs[0] = None
    assert queue.get_events()[0] == [second]


def test_one_visitor_takes_at_most_half_of_the_places(queue):
    many = [add(queue, None, kind=LIGHT) for _ in range(4)]
    for event in many[:2]:
        assert queue.get_events()[0] == [event]
        queue.active_jobs[queue.active_jobs.index(None)] = [event]
    other = add(queue, "other", kind=LIGHT)
    assert queue.get_events()[0] == [other]
    assert queue.get_events() is None


def places_told(queue: TurnQueue, event: Event) -> list[int]:
    """What a page was told of the place of its call, one after the other."""
    messages, found = queue.pending_messages_per_session[event.session_hash], []
    while not messages.empty():
        found.append(messages.get_nowait().rank)
    return found


def test_a_place_is_told_as_the_turns_will_be(queue):
    greedy = [add(queue, "greedy") for _ in range(3)]
    modest = add(queue, "modest")
    read_by(queue, *greedy, modest)
    for session in ("greedy", "modest"):
        queue.pending_messages_per_session[session] = asyncio.Queue()
    queue.broadcast_estimations(HEAVY)
    assert places_told(queue, greedy[0]) == [0, 2, 3] and places_told(queue, modest) == [1]
    assert serve_all(queue, 4) == [greedy[0], modest, *greedy[1:]]


def test_ten_clicks_of_one_do_not_go_before_the_first_of_nine_others(queue):
    queue.event_queue_per_concurrency_id[LIGHT].concurrency_limit = 40
    ten = [add(queue, "greedy", kind=LIGHT) for _ in range(10)]
    nine = [add(queue, f"page{number}", kind=LIGHT) for number in range(9)]
    assert serve_all(queue, 10) == [ten[0], *nine]


def test_a_call_whose_values_take_long_waits_with_the_heavy_ones(queue, monkeypatch):
    async def accept(_queue, body, request, username):
        function = queue.blocks.fns[body.fn_index]
        event = Event(body.session_hash, function, request, None)
        event.data = body
        queue.event_queue_per_concurrency_id[LIGHT].queue.append(event)
        queue.event_ids_to_events[event._id] = event
        return True, event._id, "success"

    monkeypatch.setattr(turns.Queue, "push", accept)
    number, function = next((number, each) for number, each in queue.blocks.fns.items() if each.concurrency_id == LIGHT)
    function.fn = lambda value: None
    function.fn.takes_long = lambda values: values == ["long"]
    for value in ("long", "short"):
        body = SimpleNamespace(session_hash="page", fn_index=number, data=[value])
        run(queue.push(body, request_of("10.0.0.1"), None))
    waiting = {
        name: [each.data.data for each in queue.event_queue_per_concurrency_id[name].queue] for name in (HEAVY, LIGHT)
    }
    assert waiting == {HEAVY: [["long"]], LIGHT: [["short"]]}
    read_by(queue, queue.event_queue_per_concurrency_id[HEAVY].queue[0])
    (first,), _, where = queue.get_events()
    assert first.data.data == ["long"] and where == HEAVY  # the later call of the same page does not overtake it
    queue.active_jobs[0] = [first]
    assert queue.get_events() is None
    queue.active_jobs[0] = None
    assert queue.get_events()[0][0].data.data == ["short"]


@pytest.mark.parametrize(("language", "words"), [("en", "no room"), ("zh", "队列已满")])
def test_a_full_queue_says_so_in_the_language_of_the_page(queue, language, words):
    for number in range(20):
        add(queue, f"page{number}", f"10.0.0.{number}", LIGHT)
    number = next(number for number, each in queue.blocks.fns.items() if each.concurrency_id == LIGHT)
    request = request_of("10.0.1.1")
    request.headers = {"referer": f"http://here/{language}"}
    with pytest.raises(HTTPException) as refused:
        queue._check_room(SimpleNamespace(session_hash="new", fn_index=number), request)
    assert refused.value.status_code == 429 and words in refused.value.detail and "20" in refused.value.detail


def push(queue: TurnQueue, session: str | None, address: str, kind: str = HEAVY) -> None:
    number = next(number for number, each in queue.blocks.fns.items() if each.concurrency_id == kind)
    queue._check_room(SimpleNamespace(session_hash=session, fn_index=number, data=[]), request_of(address))
    add(queue, session, address, kind)


def count_accepted(queue: TurnQueue, sessions: list, address: str = "10.0.0.1", kind: str = HEAVY) -> int:
    accepted = 0
    for session in sessions:
        try:
            push(queue, session, address, kind)
            accepted += 1
        except HTTPException as error:
            assert error.status_code == 429 and "waiting" in error.detail
    return accepted


def test_how_many_calls_of_one_visitor_may_wait(queue):
    assert count_accepted(queue, ["page"] * 10) == turns.MOST_WAITING[HEAVY]
    assert count_accepted(queue, [None] * 10) == turns.MOST_WAITING[HEAVY]
    assert count_accepted(queue, ["other"] * 10, "10.0.0.2", LIGHT) == 10  # half of the queue is an address's
    assert count_accepted(queue, [f"new{number}" for number in range(10)], "10.0.0.2", LIGHT) == 0
    assert count_accepted(queue, ["page"], "10.0.0.3") == 1


def test_calls_that_take_long_count_together_whichever_function_they_call(queue):
    """Those that wait in another queue until their values are known, too; what is out of date ends at once and does not count."""
    number, function = next((number, each) for number, each in queue.blocks.fns.items() if each.concurrency_id == LIGHT)
    function.fn = lambda value: None
    function.fn.takes_long = lambda values: values == ["long"]
    setattr(function.fn, OUTDATED_BY, "maps")
    long, short = (SimpleNamespace(session_hash="page", fn_index=number, data=[each]) for each in ("long", "short"))
    waiting = []
    for _ in range(turns.MOST_WAITING[HEAVY]):
        queue._check_room(long, request_of("10.0.0.1"))
        waiting.append(add(queue, "page", kind=LIGHT))
        queue.event_queue_per_concurrency_id[LIGHT].queue.remove(waiting[-1])
        waiting[-1].concurrency_id = HEAVY
        queue.event_queue_per_concurrency_id[HEAVY].queue.append(waiting[-1])
    for body in (long, SimpleNamespace(**{**vars(long), "fn_index": next(iter(queue.blocks.fns))})):
        with pytest.raises(HTTPException):
            queue._check_room(body, request_of("10.0.0.1"))
    queue._check_room(short, request_of("10.0.0.1"))
    queue._chosen["page"] = {"maps": (waiting[-1].enqueue_time, b"")}  # the last of them is what was chosen last
    queue._check_room(long, request_of("10.0.0.1"))


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = SimpleNamespace(seconds=time.monotonic())
    monkeypatch.setattr(turns.time, "monotonic", lambda: now.seconds)
    return now


def drop(queue: TurnQueue) -> None:
    run(queue.drop_lost())


def test_calls_whose_reader_never_comes_are_dropped(queue, clock):
    event = add(queue, None)
    clock.seconds += turns.PATIENCE["never came"] - 1
    drop(queue)
    assert queue.is_awaited(event._id)
    clock.seconds += 2
    assert not queue.is_awaited(event._id)
    drop(queue)
    assert len(queue) == 0 and event._id not in queue.event_ids_to_events


def test_calls_whose_reader_left_are_dropped_and_told_if_they_run(queue, clock):
    waiting, running = add(queue, "page"), add(queue, "page")
    queue.event_queue_per_concurrency_id[HEAVY].queue.remove(running)
    queue.active_jobs[0] = [running]
    clock.seconds += 1
    with queue.reading("page"):
        clock.seconds += 1000
        drop(queue)
        assert queue.is_awaited(waiting._id) and queue.is_awaited(running._id)
    clock.seconds += turns.PATIENCE["gone"] + 1
    drop(queue)
    assert len(queue) == 0 and not running.alive


def test_another_choice_of_a_page_ends_what_is_computed_for_the_one_before(queue, monkeypatch):
    by_kind = {each.concurrency_id: (number, each) for number, each in queue.blocks.fns.items()}

    async def accept(_queue, body, request, username):
        event = add(queue, body.session_hash, kind=queue.blocks.fns[body.fn_index].concurrency_id)
        event.data = body
        queue.pending_messages_per_session.setdefault(body.session_hash, None)
        return True, event._id, "success"

    def push(kind, values, session="a"):
        body = SimpleNamespace(session_hash=session, fn_index=by_kind[kind][0], data=values)
        _, event_id, _ = run(queue.push(body, request_of("10.0.0.1"), None))
        read_by(queue, queue.event_ids_to_events[event_id])
        return event_id

    monkeypatch.setattr(turns.Queue, "push", accept)
    for _, function in by_kind.values():
        function.fn = lambda value: None
    setattr(by_kind[LIGHT][1].fn, OUTDATES, lambda values: ("maps", repr(values)))
    setattr(by_kind[HEAVY][1].fn, OUTDATED_BY, "maps")
    push(LIGHT, ["first"])
    map_of_first = push(HEAVY, [None])
    push(LIGHT, ["first"])  # a dropdown tells its choice twice
    push(LIGHT, ["another"], session="b")
    assert queue.is_awaited(map_of_first)
    push(LIGHT, ["second"])
    map_of_second = push(HEAVY, [None])
    assert not queue.is_awaited(map_of_first) and queue.is_awaited(map_of_second)
    queue.forget_session("a")
    assert queue.is_awaited(map_of_first)  # nothing is remembered of a page that has gone


def test_a_page_that_reads_again_is_waited_for(queue, clock):
    """A page closes its stream when all is answered, and opens another with the next call."""
    with queue.reading("page"):
        pass
    clock.seconds += 60
    event = add(queue, "page")
    clock.seconds += turns.PATIENCE["gone"] + 1
    assert queue.is_awaited(event._id)
    with queue.reading("page"):
        clock.seconds += 1000
        assert queue.is_awaited(event._id)


def test_what_is_remembered_of_turns_is_bounded(queue, monkeypatch):
    monkeypatch.setattr(turns, "MOST_REMEMBERED", 10)
    for number in range(50):
        read_by(queue, add(queue, f"page{number}"))
    serve_all(queue, 50)
    assert len(queue._last_turn) == 10


def message() -> EstimationMessage:
    return EstimationMessage(rank=0, queue_size=1)


def test_what_nobody_reads_is_kept_up_to_a_number(queue):
    event = add(queue, "page")
    queue.pending_messages_per_session["page"] = messages = asyncio.Queue()
    for _ in range(100):
        queue.send_message(event, message())
    assert messages.qsize() == turns.MOST_UNREAD[False]
    with queue.reading("page"):
        for _ in range(100):
            queue.send_message(event, message())
    assert messages.qsize() == turns.MOST_UNREAD[False] + 100


def test_a_message_to_a_session_that_has_gone_is_no_accident(queue):
    queue.send_message(add(queue, "gone"), message())


def test_the_loop_goes_on_whatever_it_stumbles_over(queue, monkeypatch, caplog):
    stumbles = iter([KeyError("own"), ValueError("x")])

    def get_events():
        for error in stumbles:
            raise error
        queue.stopped = True

    monkeypatch.setattr(queue, "get_events", get_events)
    queue.event_queue_per_concurrency_id[LIGHT].queue.append("anything")
    run(asyncio.wait_for(queue.start_processing(), 5))
    assert caplog.text.count("unexpected error in the queue") == 2


def test_how_many_sessions_one_address_may_have(queue, monkeypatch):
    """Of those that have not read their answers; the oldest of these go, but none that still waits for one."""
    monkeypatch.setattr(turns, "MOST_SESSIONS_OF_ADDRESS", 3)
    for number, session in enumerate(("waits", "old", "young")):
        queue._addresses[session], queue._last_call[session] = "10.0.0.1", number
        queue.pending_event_ids_session[session] = {"an answer"}
    read_by(queue, add(queue, "waits"))
    assert count_accepted(queue, ["young"]) == 1
    queue.event_queue_per_concurrency_id[HEAVY].queue.pop()
    assert count_accepted(queue, ["other"], "10.0.0.2") == 1 and len(queue.pending_event_ids_session) == 3
    assert count_accepted(queue, ["new"]) == 1 and set(queue.pending_event_ids_session) == {"waits", "young"}
    for session in ("young", "new"):
        queue.pending_event_ids_session[session], queue._addresses[session] = {"an answer"}, "10.0.0.1"
        read_by(queue, add(queue, session))
    assert count_accepted(queue, ["newer"]) == 0


def test_a_session_that_waits_is_not_forgotten_for_others(queue):
    """Gradio's own store kept the latest 2,000, and its loop ended for good where one that waits was none of them."""
    event = add(queue, "own")
    for number in range(5000):
        queue.pending_messages_per_session[str(number)] = asyncio.Queue()
        if number == 0:
            queue.pending_messages_per_session["own"] = asyncio.Queue()
    queue.send_message(event, message())
    assert queue.pending_messages_per_session["own"].qsize() == 1


def test_a_training_waits_among_trainings_though_it_takes_long():
    function = SimpleNamespace(fn=lambda: None, concurrency_id=TRAINING)
    setattr(function.fn, TAKES_LONG, lambda _values: True)
    body = SimpleNamespace(data=[])
    assert turns._queue_of(function, body) == TRAINING
    function.concurrency_id = LIGHT
    assert turns._queue_of(function, body) == HEAVY
