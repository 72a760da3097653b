"""Sentences for what cannot be done, in English."""

from __future__ import annotations

SENTENCES = {
    "unexpected": "Something went wrong here, and it is not your fault. The picture shows the last state that worked.",
    "empty": "{name} is empty: give it a number.",
    "not_a_number": "{name} must be a number, got {value!r}.",
    "not_finite": "{name} must be a finite number, got {value}.",
    "too_small": "{name} must be at least {minimum}, got {value}.",
    "too_large": "{name} must be at most {maximum}, got {value}.",
    "not_whole": "{name} must be a whole number, got {value}.",
    "unknown_key": "“{value}” is not a known name. The known names are {known}.",
    "not_a_choice": "{name} must be one of {choices}, got {value!r}.",
    "too_long": "This took longer than {seconds} seconds and was stopped. Choose something smaller, or try again when fewer people are here.",
    "run_lost": "The connection was lost, and the server has lost the measurement. Choose the same settings again to measure once more.",
    "nobody_waits": "Nobody waited for this answer any more, so it was not finished.",
}
