"""Trained weights on disk: safetensors files and, beside them, results.json with what was measured.

Matrices and kernels are stored in float16, which halves the files; vectors and the statistics of batch normalisation
stay float32. The accuracy in results.json is that of the network as it is loaded from here.

New weights never replace a file: their names hold a digest of what they are, and results.json, replaced last and in one
piece, says which files count. So whatever ends a program leaves a whole network, the old one or the new.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from explorer.locks import fork_safe_locks
from explorer.models.catalogue import MODELS, create_model

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
CHECKPOINTS = Path(os.environ.get("CNN_EXPLORER_CHECKPOINTS", "").strip() or SHIPPED)
"""The folder that the app opens: the shipped one, or that of a training of one's own. `load_settings` checks it."""
RESULTS_FILE = "results.json"
MAX_FILE_BYTES = 9 * 2**20
_MAX_SHARD_BYTES = MAX_FILE_BYTES - 2**19  # leaves room for the header

_NUMBER_LIST = re.compile(r"\[[\s\d.,eE+-]+\]")

_LOCKS, _LOADING = fork_safe_locks(MODELS), fork_safe_locks(MODELS)


class CheckpointError(ValueError):
    """Trained weights are missing, damaged or of another network; the message names the file."""


def model_lock(name: str) -> threading.Lock:
    """The lock to hold while using the shared network that load_trained returns."""
    _check_name(name)
    return _LOCKS[name]


def load_results(folder: Path | None = None, section: str = "models") -> dict[str, dict]:
    """What was measured: model name -> record, as train_all.py wrote it. Empty if nothing was trained yet.

    Args:
        folder: where results.json lies; None for the shipped one.
        section: "models" for the networks whose weights are shipped, "tutorial" for runs of the tutorial's protocol.

    Raises:
        CheckpointError: results.json is damaged.
    """
    return _read_results(folder or CHECKPOINTS).get(section, {})


def _read_results(folder: Path) -> dict[str, dict[str, dict]]:
    """All sections of results.json."""
    path = folder / RESULTS_FILE
    try:
        sections = json.loads(path.read_text(encoding="utf-8"))
        sections["models"]  # always there
        if not all(isinstance(record, dict) for models in sections.values() for record in models.values()):
            raise TypeError("a record is not an object")
        return sections
    except FileNotFoundError:
        return {"models": {}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: damaged, not the results that train_all.py writes ({error})") from error


def available_models(folder: Path | None = None) -> list[str]:
    """Names of the models whose weights are here and unaltered, in the catalogue's order."""
    return [name for name in MODELS if checkpoint_problem(name, folder) is None]


def checkpoint_problem(name: str, folder: Path | None = None) -> str | None:
    """Why the weights of a model cannot be used, or None if their files are here and unaltered."""
    try:
        _verified_contents(name, folder or CHECKPOINTS)
    except CheckpointError as error:
        return str(error)
    return None


def weights_of(record: Mapping | None) -> list[str]:
    """The checksums of a network's files, from its record: other weights have others. Empty without a record."""
    return [each["sha256"] for each in (record or {}).get("files", [])]


DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, SafetensorError)
"""What reading a file that somebody or something has altered may raise."""


def read_stored(path: Path) -> dict:
    """What a command stored as JSON, by name; nothing where the file is missing or damaged."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: entry for name, entry in stored.items() if isinstance(entry, dict)}
    except DAMAGED:
        return {}


def load_trained(name: str, folder: Path | None = None) -> nn.Module:
    """The trained network in eval mode and float32. Cached and shared: hold model_lock(name) while using it.

    Args:
        name: a key of the catalogue.
        folder: where the files lie; None for the shipped ones.

    Raises:
        ValueError: no model has that name.
        CheckpointError: a file is missing, truncated, altered or does not fit the network.
    """
    _check_name(name)
    with _LOADING[name]:  # the cache alone would let several readers load the same network at once
        return _load_cached(name, folder or CHECKPOINTS)


def save_checkpoint(name: str, model: nn.Module, record: Mapping, folder: Path | None = None) -> None:
    """Write a network's weights and its record; the records of other models stay as they are.

    Args:
        name: a key of the catalogue.
        model: the network to store.
        record: what was measured, to be stored in results.json; `files` is added here.
        folder: where to write; None for the shipped ones.

    Raises:
        ValueError: no model has that name.
    """
    save_checkpoints({name: (model, record)}, folder)


def save_checkpoints(networks: Mapping[str, tuple[nn.Module, Mapping]], folder: Path | None = None) -> None:
    """Write several networks so that a reader finds all the old ones or all the new ones, whenever the program ends.

    Args:
        networks: name -> the network and what was measured, as `save_checkpoint` takes them.
        folder: where to write; None for the shipped ones.

    Raises:
        ValueError: no model has one of the names.
    """
    records, contents = {}, {}
    for name, (model, record) in networks.items():
        _check_name(name)
        contents[name] = _pack(name, model)
        files = [
            {"file": file, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for file, content in contents[name].items()
        ]
        records[name] = {**record, "files": files}
    _store_records(records, folder or CHECKPOINTS, "models", contents)
    _load_cached.cache_clear()


def save_record(name: str, record: Mapping, folder: Path | None = None, section: str = "models") -> None:
    """Put a record into results.json; all others stay as they are.

    Args:
        name: a key of the catalogue.
        record: what was measured.
        folder: where to write; None for the shipped results.
        section: as in `load_results`.

    Raises:
        ValueError: no model has that name.
        CheckpointError: results.json is damaged.
    """
    _check_name(name)
    _store_records({name: record}, folder or CHECKPOINTS, section, {})


def _store_records(
    new: Mapping[str, Mapping], folder: Path, section: str, contents: Mapping[str, Mapping[str, bytes]]
) -> None:
    """Write the files of all networks and, last, their records."""
    folder.mkdir(parents=True, exist_ok=True)
    with lock_results(folder):
        sections = _read_results(folder)
        records = sections.get(section, {})
        records.update({name: dict(record) for name, record in new.items()})
        sections[section] = {key: records[key] for key in [*MODELS, *records] if key in records}
        text = (
            _NUMBER_LIST.sub(_on_one_line, json.dumps(sections, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"
        )
        files = {file: content for each in contents.values() for file, content in each.items()}
        write_atomically({folder / file: content for file, content in {**files, RESULTS_FILE: text.encode()}.items()})
        for name, kept in contents.items():
            _remove_others(name, folder, kept)


def _remove_others(name: str, folder: Path, keep: Container[str]) -> None:
    """Remove a model's earlier weights, and what killed programs left: only who holds the lock writes here."""
    pattern = re.compile(re.escape(name) + r"(-[0-9a-f]{8})?(-\d{5}-of-\d{5})?\.safetensors")
    weights = [path for path in folder.glob(f"{name}*.safetensors") if pattern.fullmatch(path.name)]
    temporary = re.compile(r"\." + f"(?:{pattern.pattern}|{re.escape(RESULTS_FILE)})" + r"\.\d+\.tmp")
    left = [path for path in folder.glob(".*.tmp") if temporary.fullmatch(path.name)]
    for path in [*weights, *left]:
        if path.name not in keep:
            with suppress(OSError):  # it is in nobody's way
                path.unlink()


def _on_one_line(numbers: re.Match) -> str:
    """A list of numbers without its line breaks: rows of a matrix can be read, and long lists stay short."""
    return re.sub(r"\s+", " ", numbers[0]).replace("[ ", "[").replace(" ]", "]")


def write_atomically(contents: Mapping[Path, bytes]) -> None:
    """Write whole files or nothing: a reader never meets half of one, and a full disk leaves all the old ones."""
    temporaries = {path.with_name(f".{path.name}.{os.getpid()}.tmp"): path for path in contents}
    try:
        for temporary, path in temporaries.items():
            with open(temporary, "wb") as file:
                file.write(contents[path])
                file.flush()
                os.fsync(file.fileno())  # else a power cut can leave the new name on an empty file
        for temporary, path in temporaries.items():
            os.replace(temporary, path)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)


def _check_name(name: str) -> None:
    if name not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, got {name!r}")


def stored_form(tensor: torch.Tensor) -> torch.Tensor:
    """Matrices and kernels in float16, everything else, indices and masks included, as it is."""
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if tensor.ndim > 1 and tensor.is_floating_point() else tensor


def _pack(name: str, model: nn.Module) -> dict[str, bytes]:
    """The files of a network: name -> content. All names hold the same digest, that of the whole network."""
    tensors = {key: stored_form(tensor) for key, tensor in model.state_dict().items()}
    plan = split_torch_state_dict_into_shards(
        tensors, filename_pattern="{suffix}.safetensors", max_shard_size=_MAX_SHARD_BYTES
    )
    shards = {end: save({key: tensors[key] for key in keys}) for end, keys in plan.filename_to_tensors.items()}
    digest = hashlib.sha256(b"".join(shards.values())).hexdigest()[:8]
    return {f"{name}-{digest}{end}": content for end, content in shards.items()}


@contextmanager
def lock_results(folder: Path) -> Iterator[None]:
    """Keeps two training processes from writing results.json, or what is drawn from it, at once.

    It is not reentrant. A process that dies lets go of it; its file stays.

    Args:
        folder: where results.json lies.
    """
    with FileLock(folder / f".{RESULTS_FILE}.lock"):
        yield


@contextmanager
def lock_publication(folder: Path) -> Iterator[None]:
    """Lets one publication after another compare with what is shipped and replace it. `lock_results` may be taken within.

    Args:
        folder: that which the app opens.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".publication.lock"):
        yield


def _verified_contents(name: str, folder: Path) -> list[tuple[Path, bytes]]:
    """The bytes of every file of a model, each as long as recorded and with the recorded sha256."""
    record = load_results(folder).get(name)
    if record is None:
        raise CheckpointError(f"{folder / RESULTS_FILE}: no trained {name} is recorded; train it with train_all.py")
    files = record.get("files")
    if not isinstance(files, list) or not files or not all(map(_is_file_entry, files)):
        raise CheckpointError(f"{folder / RESULTS_FILE}: the record of {name} does not list its files")
    try:
        return [(folder / Path(entry["file"]).name, _verified_bytes(folder, entry)) for entry in files]
    except CheckpointError:
        if load_results(folder).get(name) == record:
            raise
        return _verified_contents(name, folder)  # trained again in between


def _is_file_entry(entry: object) -> bool:
    kinds = {"file": str, "sha256": str, "bytes": int}
    return isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in kinds.items())


def _verified_bytes(folder: Path, entry: Mapping) -> bytes:
    path = folder / Path(entry["file"]).name  # .name: a record never points outside its folder
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: missing or unreadable ({error.strerror})") from error
    if len(content) != entry["bytes"]:
        raise CheckpointError(f"{path}: must have {entry['bytes']} bytes, got {len(content)}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry["sha256"]:
        raise CheckpointError(f"{path}: altered, its sha256 must be {entry['sha256']}, got {digest}")
    return content


@cache
def _load_cached(name: str, folder: Path) -> nn.Module:
    contents = _verified_contents(name, folder)
    with torch.device("meta"):  # no weights are drawn: torch's generator may be borrowed by someone just now
        model = create_model(name)
    tensors: dict[str, torch.Tensor] = {}
    origin: dict[str, Path] = {}
    for path, content in contents:
        try:
            shard = load(content)
        except SafetensorError as error:
            raise CheckpointError(f"{path}: not a safetensors file ({error})") from error
        tensors.update(shard)
        origin.update(dict.fromkeys(shard, path))
    _check_fit(name, folder, model.state_dict(), tensors, origin)
    weights = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}
    model.load_state_dict(weights, assign=True)
    unsaved = [key for key, tensor in model.named_buffers() if tensor.is_meta]
    if unsaved:
        raise CheckpointError(
            f"{folder}: {unsaved[0]} of {name} is not saved with its weights; register it as persistent"
        )
    # This makes convolutions on a CPU faster, above all backwards and in batches; the numbers are the same except for rounding.
    return model.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # its stub lacks this form


def _check_fit(name, folder, wanted: Mapping, found: Mapping, origin: Mapping[str, Path]) -> None:
    """Raise if the tensors are not exactly those of the network."""
    missing = [key for key in wanted if key not in found]
    if missing:
        raise CheckpointError(f"{folder}: the files of {name} do not fit it, {missing[0]} is missing")
    for key, tensor in found.items():
        if key not in wanted:
            raise CheckpointError(f"{origin[key]}: does not fit {name}, which has no {key}")
        if tensor.shape != wanted[key].shape:
            shape, found_shape = tuple(wanted[key].shape), tuple(tensor.shape)
            raise CheckpointError(f"{origin[key]}: does not fit {name}, {key} must be {shape}, got {found_shape}")
