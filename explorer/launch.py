"""Opens the app on one's own networks: from a script, from a notebook, or from the command line of app.py."""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from explorer.errors import InputError, shorten
from explorer.interface import OF_NETWORKS, build_app, launch_settings
from explorer.models.handed_over import HandedOver, hand_over, take_back
from explorer.settings import is_set, load_settings

HEIGHT = 900  # px of the frame in a notebook


@dataclass(frozen=True)
class Shown:
    """Networks that are shown.

    Attributes:
        url: address of the page.
    """

    url: str
    _app: Any = field(repr=False)
    _networks: tuple[HandedOver, ...] = field(repr=False)

    def close(self) -> None:
        """Close the page and forget the networks."""
        self._app.close(verbose=False)
        for network in self._networks:
            take_back(network)


def show(
    *models: nn.Module | Sequence[int],
    input_shape: Sequence[int] | None = None,
    titles: Sequence[str] | None = None,
    browser: bool = True,
    block: bool | None = None,
) -> Shown:
    """Open the tabs Shapes and Receptive field on one's own networks, in the browser or, in a notebook, below the cell.

    The networks are copied as they are now, weights included; after more training call it again. Nothing leaves this
    machine: a server on it answers the page, and no other machine reaches it unless CNN_EXPLORER_HOST says so.

    Args:
        *models: one or several networks that take one image, each a torch.nn.Module; the last argument may be the input
            shape instead.
        input_shape: (C, H, W) of their images, H = W; or (N, C, H, W).
        titles: what to call the networks; None takes the names of their classes.
        browser: whether to open a browser; in a notebook none is opened.
        block: whether to wait until Ctrl+C is pressed; None waits in a script, and neither in a notebook nor at a prompt.

    Returns:
        What is shown; its `close()` ends it.

    Raises:
        InputError: (a ValueError) something is not a network, the shape cannot be used, or a network cannot be followed.

    >>> show(torchvision.models.resnet18(), (3, 224, 224))  # doctest: +SKIP
    """
    models, shape = _split_shape(models, input_shape)
    if titles is not None and len(titles) != len(models):
        raise InputError("models.titles", count=len(titles), wanted=len(models))
    titles = titles or _name_all(models)
    networks: list[HandedOver] = []
    try:
        for number, model in enumerate(models):
            networks.append(hand_over(model, shape, titles[number]))
        return _serve(tuple(networks), browser, block)
    except BaseException:
        for network in networks:
            take_back(network)
        raise


def _name_all(models: Sequence[nn.Module]) -> list[str]:
    """The names of their classes, numbered where several are of one class."""
    kinds = [type(model).__name__ for model in models]
    return [
        f"{kind} {kinds[: number + 1].count(kind)}" if kinds.count(kind) > 1 else kind
        for number, kind in enumerate(kinds)
    ]


def _split_shape(models: tuple, input_shape: Sequence[int] | None) -> tuple[tuple[nn.Module, ...], Sequence[int]]:
    """The networks and their shape, which may stand last among them."""
    if input_shape is None and models and isinstance(models[-1], (tuple, list)):
        *models, input_shape = models
    if not models:
        raise InputError("models.none_given")
    if input_shape is None:
        raise InputError("models.no_shape")
    return tuple(models), input_shape


def _serve(networks: tuple[HandedOver, ...], browser: bool, block: bool | None) -> Shown:
    titles = ", ".join(network.title for network in networks)
    if not _is_notebook():
        print(f"{titles}: the page is being made …", flush=True)  # which takes seconds
    app = build_app(load_settings(), networks, OF_NETWORKS)
    gc.collect()  # while the page is open, what was there before is not looked through, and a notebook may have left much
    launched = launch_settings()
    if not is_set("port"):
        launched["server_port"] = None  # the first free one: another page may be open
    in_notebook = _is_notebook()
    how = {"inline": in_notebook, "inbrowser": browser and not in_notebook, "height": HEIGHT, "quiet": True}
    try:
        _, url, _ = app.launch(**launched, **how, prevent_thread_lock=True)
    except OSError as error:  # Gradio's own words name a setting of its own
        app.close(verbose=False)
        raise InputError("models.port_taken", port=launched["server_port"]) from error
    if not in_notebook:
        print(f"{titles}: {url}")
    if block or (block is None and not in_notebook and not _is_prompt()):
        app.block_thread()
    return Shown(url, app, networks)


def _is_notebook() -> bool:
    return hasattr(_find_ipython(), "kernel")


def _is_prompt() -> bool:
    return bool(getattr(sys, "ps1", sys.flags.interactive)) or _find_ipython() is not None


def _find_ipython() -> Any:
    """The shell of IPython or Jupyter that runs this, or None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


# ---- the command line -------------------------------------------------------------------------------------------


def open_models(arguments: Sequence[str]) -> tuple[HandedOver, ...]:
    """The networks that the command line of app.py names; none where it names none.

    Args:
        arguments: of the command line, without the program's name.

    Raises:
        SystemExit: the arguments cannot be used, which is told, or only help was asked for.
    """
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve the CNN Explorer. Settings of the server are environment variables, see README.md.",
    )
    parser.add_argument(
        "--model", action="append", default=[], metavar="MODULE:NAME",
        help="a network of yours: a module or a .py file, and in it a torch.nn.Module, its class, or a function without "
        "arguments that builds it; more than once for several networks",
    )  # fmt: skip
    parser.add_argument("--input", metavar="C,H,W", help="the shape of its images, such as 3,224,224")
    given = parser.parse_args(arguments)
    if bool(given.model) != (given.input is not None):
        parser.error("--model and --input go together: --model package.module:build --input 3,224,224")
    try:
        shape = _read_shape(given.input) if given.model else ()
        return tuple(hand_over(load_model(each), shape) for each in given.model)
    except InputError as error:
        parser.error(str(error))


def _read_shape(words: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.split(","))
    except ValueError:
        raise InputError("models.input_words", value=shorten(words)) from None


def load_model(words: str) -> nn.Module:
    """The network that "package.module:name" or "folder/file.py:name" names.

    Args:
        words: a module that Python finds, the working directory included, or a file, and what it defines: a network, its
            class, or a function that builds one without arguments. What it raises itself goes on as it is.

    Raises:
        InputError: there is no such module or name, or it gives no network.
    """
    where, _, name = words.rpartition(":")
    if not where or not name:
        raise InputError("models.model_words", value=shorten(words))
    found = _import(where)
    for part in name.split("."):
        if not hasattr(found, part):
            raise InputError("models.no_name", module=where, wanted=shorten(name))
        found = getattr(found, part)
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise InputError("models.no_module", kind=type(found).__name__)
    needed = _find_needed(found)
    if needed:
        raise InputError("models.needs_arguments", build=name, arguments=needed)
    return found()


def _find_needed(build: Callable) -> list[str]:
    """Arguments without which it cannot be called."""
    try:
        parameters = inspect.signature(build).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in optional]


def _import(where: str) -> ModuleType:
    if where.endswith(".py"):
        path = Path(where)
        if not path.is_file():
            raise InputError("models.no_file", path=shorten(where))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None  # of any file with that ending
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module  # dataclasses and pickles look for it there
        sys.path.insert(0, str(path.resolve().parent))
        spec.loader.exec_module(module)
        return module
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{where}.".startswith(f"{error.name}."):
            raise  # it exists, and misses something itself
        raise InputError("models.no_import", module=shorten(where)) from error
