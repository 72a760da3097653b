"""Sentences for what cannot be done, in English."""

from __future__ import annotations

SENTENCES = {
    "unexpected": "Something went wrong here, and it is not your doing. The picture shows the last good state.",
    "empty": "{name} is empty: give it a number.",
    "not_a_number": "{name} must be a number, got {value!r}.",
    "not_finite": "{name} must be a finite number, got {value}.",
    "too_small": "{name} must be at least {minimum}, got {value}.",
    "too_large": "{name} must be at most {maximum}, got {value}.",
    "not_whole": "{name} must be a whole number, got {value}.",
    "unknown_key": "“{value}” is no name that is known here; known are {known}.",
    "not_a_choice": "{name} must be one of {choices}, got {value!r}.",
    "too_long": "This took longer than {seconds} seconds and was stopped: choose something smaller, or try again when fewer people are here.",
    "run_lost": "The connection was lost, and the server has forgotten what it was measuring. Choose it once more to measure it.",
    "nobody_waits": "Nobody waited for this answer any more, so it was not finished.",
}
