"""Sentences of the server to whoever asks it for something that it does not do, in English."""

from __future__ import annotations

SENTENCES = {
    "no_address": "There is nothing at this address.",
    "no_file": "There is no such file here.",
    "no_event": "There is no such call, or its answer was already read or deleted.",
    "no_function": "There is no such function here. README.md lists the public ones, and so does the button at the bottom of the page.",
    "too_large": "This request is too large: it may have at most {most} MB.",
    "no_length": "The length of this request is not known: send a Content-Length, and do not send it in chunks.",
    "bad_upload": "This is not an upload of one file.",
    "no_json": "This request is not valid JSON.",
    "no_object": "This request must be a JSON object.",
    "bad_session": "session_hash must be 1 to 64 letters, digits, dots, dashes or underscores.",
    "too_deep": "Lists and objects in this request are nested too deeply: at most {most} levels are allowed.",
    "no_values": "data must be a list of values.",
    "wrong_count": "data must contain {wanted} values, got {count}.",
    "unknown_name": "{name} is not known here. The known names are: {known}.",
    "missing_name": "{name} is missing.",
    "too_many": "Too many of your calls are waiting. Read their answers first, then ask again.",
    "queue_full": "{count} calls of all visitors are waiting, and there is no room for more. Try again in a moment.",
    "unexpected": "Something went wrong here. It is not your fault.",
    "too_many_values": "This request contains too many values.",
    "too_slow": "This request did not arrive completely within {seconds} seconds.",
    "too_many_bodies": "Too many requests are arriving at once. Try again in a moment.",
    "old_page": "This page is older than the server. Load it again.",
    "bad_name": "{name} must be 1 to 64 letters, digits, dots, dashes or underscores.",
}
