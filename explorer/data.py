"""Fashion-MNIST: where it is found, how it is read, and the small sample of it that ships with the package.

`write_sample` makes the sample from the first 20 test images of each class.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F

from explorer.checks import check_whole

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
MEAN = 0.2860  # of the pixels of the 60,000 training images, on the scale 0..1
STD = 0.3530
_MEAN_TOLERANCE = 0.01  # the mean of the test images differs by 0.0008, of Kuzushiji-MNIST by 0.09, of MNIST by 0.16

DEFAULT_FOLDER = Path("data")
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
SAMPLE_FILE = Path(__file__).parent / "data_sample" / "fashion_mnist_sample.safetensors"

_PREFIX = {"train": "train", "test": "t10k"}
NUM_IMAGES = {"train": 60_000, "test": 10_000}
_MAGIC = {"images": 0x00000803, "labels": 0x00000801}  # two zero bytes, uint8, number of axes


class DatasetError(ValueError):
    """Fashion-MNIST is missing or damaged; the message names the file and says what would be right."""


@dataclass(frozen=True)
class Sample:
    """Real test images that ship with the package.

    Attributes:
        images: (200, 28, 28) uint8, white clothes on black.
        labels: (200,) int64, indices into CLASSES, in ascending order.
        indices: (200,) int64, position of each image in the test set.
    """

    images: torch.Tensor
    labels: torch.Tensor
    indices: torch.Tensor


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Pixels as the networks take them: on the scale 0..1, minus MEAN, divided by STD.

    Args:
        images: any shape, uint8 (0..255) or floating point (0..1).

    Returns:
        The same shape, floating point.
    """
    pixels = images.float() / 255 if images.dtype == torch.uint8 else images
    return (pixels - MEAN) / STD


def fit_images(images: torch.Tensor, input_size: int) -> torch.Tensor:
    """Change the size of square images. Larger images repeat pixels; smaller ones average them.

    Args:
        images: (N, H, H) floating point.
        input_size: side of the result in pixels, at least 1.

    Returns:
        (N, input_size, input_size).

    Raises:
        InputError: the size is not a whole number of at least 1.
    """
    input_size = check_whole("terms.input_size", input_size, 1)
    if input_size >= images.shape[-1]:
        return F.interpolate(images[:, None], size=(input_size, input_size), mode="nearest-exact")[:, 0]
    return F.interpolate(images[:, None], size=(input_size, input_size), mode="bilinear", antialias=True)[:, 0]


def fit_samples(images: torch.Tensor, channels: int, input_size: int) -> torch.Tensor:
    """Resize and normalise samples for a network that is made for other images.

    Args:
        images: (N, 28, 28) uint8, 0..255.
        channels: of the network's images; all are the same.
        input_size: side of the result in pixels, at least 1.

    Returns:
        (N, channels, input_size, input_size) float, normalised.

    Raises:
        InputError: the size is not a whole number of at least 1.
    """
    pixels = fit_images(images.float() / 255, input_size)
    return normalise(pixels)[:, None].expand(-1, channels, -1, -1).contiguous()


def find_dataset(data_dir: str | Path | None = None) -> Path:
    """Find the folder with the four files of Fashion-MNIST, packed (.gz) or not.

    If data_dir is given, only that folder is searched. Otherwise ./data and Debian's folder are searched. If neither
    has the files, they are downloaded into ./data.

    Args:
        data_dir: folder to search, or None.

    Returns:
        The folder itself that holds the files, which may lie below the one that was searched.

    Raises:
        DatasetError: data_dir does not hold the files, or the download failed.
    """
    if data_dir is not None:
        return _search(Path(data_dir)) or _missing(Path(data_dir))
    return _search(DEFAULT_FOLDER) or _search(DEBIAN_FOLDER) or _download(DEFAULT_FOLDER)


@lru_cache(maxsize=4)
def load_split(split: str, data_dir: str | Path | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """All images and labels of one split. Cached: do not change what it returns.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        data_dir: folder to read from; None searches as find_dataset does.

    Returns:
        Images (N, 1, 28, 28) uint8 and labels (N,) int64.

    Raises:
        ValueError: no split has that name.
        DatasetError: a file is missing, truncated or of the wrong size, or it holds another data set.
    """
    if split not in _PREFIX:
        raise ValueError(f"split must be train or test, got {split!r}")
    folder = find_dataset(data_dir)
    images = _read_idx(_file(folder, split, "images"), (NUM_IMAGES[split], 28, 28))
    labels = _read_idx(_file(folder, split, "labels"), (NUM_IMAGES[split],))
    _check_labels(labels, _file(folder, split, "labels"))
    _check_pixels(images, _file(folder, split, "images"))
    return images.unsqueeze(1), labels.long()


def _check_labels(labels: torch.Tensor, path: Path) -> None:
    """Refuse MNIST: its files have the same names and sizes, but its classes are not of equal size.

    Raises:
        DatasetError: the labels are not those of Fashion-MNIST.
    """
    if int(labels.max()) >= len(CLASSES):
        raise DatasetError(f"{path}: labels must be 0 to 9, found {int(labels.max())}")
    counts, wanted = labels.bincount(minlength=len(CLASSES)).tolist(), len(labels) // len(CLASSES)
    for name, count in zip(CLASSES, counts, strict=True):
        if count != wanted:
            raise DatasetError(
                f"{path}: not Fashion-MNIST, whose every class has {wanted:,} images; {name} has {count:,} "
                "(the digits of MNIST come in files of the same names)"
            )


def _check_pixels(images: torch.Tensor, path: Path) -> None:
    """Refuse Kuzushiji-MNIST: it has the same file names and sizes and equal classes, but its pictures are darker.

    Raises:
        DatasetError: the mean of the pixels is not that of Fashion-MNIST.
    """
    mean = images.sum(dtype=torch.int64).item() / images.numel() / 255
    if abs(mean - MEAN) > _MEAN_TOLERANCE:
        raise DatasetError(
            f"{path}: not Fashion-MNIST, whose pixels have a mean of {MEAN:.3f} on the scale 0..1; these have {mean:.3f} "
            "(the letters of Kuzushiji-MNIST come in files of the same names)"
        )


@lru_cache(maxsize=1)
def load_sample() -> Sample:
    """The sample that ships with the package. Cached: do not change what it returns.

    Raises:
        DatasetError: its file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(SAMPLE_FILE)
        return Sample(tensors["images"], tensors["labels"], tensors["indices"])
    except (OSError, SafetensorError, KeyError) as error:
        raise DatasetError(f"{SAMPLE_FILE}: the packed sample is missing or damaged ({error})") from error


def write_sample(data_dir: str | Path | None = None, per_class: int = 20) -> None:
    """Write the packed sample again: the first `per_class` test images of each class, class by class.

    From the repository root: `python -c "from explorer.data import write_sample; write_sample()"`.

    Args:
        data_dir: as in `load_split`.
        per_class: images of each class, at most 1,000.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    from safetensors.torch import save_file

    images, labels = load_split("test", data_dir)
    indices = torch.cat([(labels == number).nonzero()[:per_class, 0] for number in range(len(CLASSES))])
    SAMPLE_FILE.parent.mkdir(exist_ok=True)
    tensors = {"images": images[indices, 0], "labels": labels[indices], "indices": indices}
    save_file(tensors, SAMPLE_FILE, metadata={"source": "Fashion-MNIST test set, Zalando SE, MIT licence"})


def _file(folder: Path, split: str, kind: str) -> Path:
    """The packed file if it is there, else the plain one."""
    axes = {"images": 3, "labels": 1}[kind]
    plain = folder / f"{_PREFIX[split]}-{kind}-idx{axes}-ubyte"
    packed = plain.with_name(plain.name + ".gz")
    return packed if packed.is_file() else plain


def _search(folder: Path) -> Path | None:
    """The folder itself or torchvision's folder below it, if one of them holds all four files; else None."""
    for place in (folder, folder / "FashionMNIST" / "raw"):
        if all(_file(place, split, kind).is_file() for split in _PREFIX for kind in _MAGIC):
            return place
    return None


def _missing(folder: Path) -> Path:
    wanted = ", ".join(_file(folder, split, kind).name for split in _PREFIX for kind in _MAGIC)
    raise DatasetError(f"{folder} does not hold Fashion-MNIST; it needs {wanted}, each as it is or with .gz")


def _download(folder: Path) -> Path:
    try:
        from torchvision.datasets import FashionMNIST

        FashionMNIST(folder, download=True)
    except Exception as error:  # whatever went wrong, the reader needs the same advice
        raise DatasetError(
            f"Fashion-MNIST is not in {folder.resolve()} nor in {DEBIAN_FOLDER}, and the download failed ({error}). "
            "Put its four .gz files into a folder and name it with --data-dir, or install Debian's package "
            "dataset-fashion-mnist."
        ) from error
    return _search(folder) or _missing(folder)


def _read_idx(path: Path, shape: tuple[int, ...]) -> torch.Tensor:
    """Read an idx file of unsigned bytes and check that it has exactly the given shape.

    Raises:
        DatasetError: the file cannot be read, is no such file or has another shape.

    Source: the idx format as described with MNIST, http://yann.lecun.com/exdb/mnist/.
    """
    content = _read_bytes(path)
    header_size = 4 * (1 + len(shape))
    if len(content) < header_size:
        raise DatasetError(f"{path}: damaged, {len(content)} bytes are too few for its header of {header_size}")
    magic, *found = struct.unpack(f">{1 + len(shape)}I", content[:header_size])
    wanted = _MAGIC["images" if len(shape) == 3 else "labels"]
    if magic != wanted:
        raise DatasetError(f"{path}: not the right kind of file, its first number must be {wanted}, got {magic}")
    if tuple(found) != shape:
        raise DatasetError(f"{path}: holds {_times(found)} values, Fashion-MNIST has {_times(shape)}")
    expected = header_size + torch.Size(shape).numel()
    if len(content) != expected:
        raise DatasetError(f"{path}: truncated or too long, must be {expected} bytes unpacked, got {len(content)}")
    return torch.frombuffer(bytearray(content[header_size:]), dtype=torch.uint8).reshape(shape)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                return stream.read()
        return path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: cannot be read, truncated or damaged ({error}); fetch it again") from error


def _times(shape) -> str:
    return " x ".join(str(size) for size in shape)
