"""Settings of the server, from environment variables, with defaults that suit two cores."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """An environment variable holds something that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """How the app is served. `variables()` names the environment variable of each.

    Attributes:
        host: address to listen on; 0.0.0.0 lets other machines in.
        port: port to listen on.
        root_path: path under which a proxy shows the app, such as /explorer.
        queue_size: calls that may wait; more are turned away with a sentence.
        concurrency: calls of one kind that run at once; heavy work (long measurements, comparisons, `explain`) takes turns.
        threads: threads of torch for one call. One serves a class of readers best.
        max_upload: greatest size of an uploaded file, such as 5mb.
        trusted_proxies: addresses or networks of the proxies that are believed what they say of a request, with commas;
            "*" believes any, "" none.
        checkpoints: folder with trained weights and their results.json, such as runs/checkpoints; "" for the shipped one.
        trainings: networks that readers train at once; others wait for their turn.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    root_path: str = ""
    queue_size: int = 100
    concurrency: int = 4
    threads: int = 1
    max_upload: str = "5mb"
    trusted_proxies: str = ""
    checkpoints: str = ""
    trainings: int = 1

    @property
    def max_upload_bytes(self) -> int:
        """The greatest size in bytes, as Gradio counts it: 1 kb is 1024 bytes."""
        return int(self.max_upload[:-2]) * 1024 ** (1 + ("kb", "mb", "gb").index(self.max_upload[-2:]))


PREFIX = "CNN_EXPLORER_"
# What Gradio, uvicorn and Spaces call these; ours come first.
ALSO = {
    "host": "GRADIO_SERVER_NAME",
    "port": "GRADIO_SERVER_PORT",
    "root_path": "GRADIO_ROOT_PATH",
    "trusted_proxies": "FORWARDED_ALLOW_IPS",
}
ON_A_SPACE = {"trusted_proxies": "*"}  # which nobody reaches but through the proxy of Hugging Face
_LIMITS = {
    "port": (1, 65535),
    "queue_size": (1, 10_000),
    "concurrency": (1, 64),
    "trainings": (1, 8),
    "threads": (1, 64),
}


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings, each from its variable or its default.

    Raises:
        SettingsError: a variable cannot be used; the message names it, the rule and its value.
    """
    found = dict(ON_A_SPACE) if environment.get("SPACE_ID") else {}
    for name in Settings.__dataclass_fields__:
        if variable := _find_variable(name, environment):
            found[name] = _read(name, variable, environment[variable].strip())
    return Settings(**found)


def is_set(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether an environment variable says what this setting is to be."""
    return _find_variable(name, environment) is not None


def _find_variable(name: str, environment: Mapping[str, str]) -> str | None:
    variables = (PREFIX + name.upper(), ALSO.get(name, ""))
    return next((variable for variable in variables if environment.get(variable, "").strip()), None)


def _read(name: str, variable: str, text: str) -> str | int:
    if name in _LIMITS:
        least, most = _LIMITS[name]
        if not re.fullmatch(r"\d{1,6}", text) or not least <= int(text) <= most:
            raise SettingsError(f"{variable} must be a whole number from {least} to {most}, got {text!r}")
        return int(text)
    if name == "max_upload" and not re.fullmatch(r"[1-9]\d*(kb|mb|gb)", text):
        raise SettingsError(f"{variable} must be a size such as 500kb or 5mb, got {text!r}")
    if name == "root_path" and not re.match(r"/|https?://", text):
        raise SettingsError(f"{variable} must start with / or http, got {text!r}")
    if name == "checkpoints" and not Path(text, "results.json").is_file():
        raise SettingsError(
            f"{variable} must be a folder with a results.json, as train_all.py writes runs/checkpoints, got {text!r}"
        )
    if name == "trusted_proxies" and not all(_is_network(each) for each in text.split(",")):
        raise SettingsError(
            f"{variable} must be *, or addresses such as 10.0.0.5 or 10.0.0.0/8 with commas, got {text!r}"
        )
    return text


def _is_network(text: str) -> bool:
    try:
        return text == "*" or bool(ipaddress.ip_network(text.strip()))
    except ValueError:
        return False
