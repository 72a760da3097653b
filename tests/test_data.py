"""The reader of Fashion-MNIST against files written here byte by byte, and the sample against the real test set."""

from __future__ import annotations

import gzip
import struct

import pytest
import torch

from explorer import data


def idx_bytes(magic: int, shape: tuple[int, ...], content: bytes) -> bytes:
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + content


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A folder with a data set of 20 training and 10 test images; pixel values count up, and so do labels."""
    monkeypatch.setattr(data, "NUM_IMAGES", {"train": 20, "test": 10})
    monkeypatch.setattr(data, "_MEAN_TOLERANCE", 1)  # any image will do
    data.load_split.cache_clear()
    for prefix, count in (("train", 20), ("t10k", 10)):
        pixels = bytes(number % 256 for number in range(count * 784))
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(2051, (count, 28, 28), pixels))
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(
            idx_bytes(2049, (count,), bytes(range(10)) * (count // 10))
        )
    yield tmp_path
    data.load_split.cache_clear()


def test_reads_plain_files(tiny):
    images, labels = data.load_split("train", tiny)
    assert images.shape == (20, 1, 28, 28) and images.dtype == torch.uint8
    assert labels.tolist() == [*range(10), *range(10)] and labels.dtype == torch.int64
    assert images[1, 0, 2, 5].item() == (784 + 2 * 28 + 5) % 256


def test_reads_packed_files_and_torchvisions_layout(tiny):
    plain, _ = data.load_split("test", tiny)
    raw = tiny / "elsewhere" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in tiny.glob("*ubyte"):
        (raw / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert data.find_dataset(tiny / "elsewhere") == raw
    packed, labels = data.load_split("test", tiny / "elsewhere")
    assert torch.equal(packed, plain) and labels.tolist() == list(range(10))


def test_looks_in_the_working_directory_before_debians_folder(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(data, "DEFAULT_FOLDER", tiny)
    assert data.find_dataset() == tiny
    monkeypatch.setattr(data, "DEFAULT_FOLDER", tmp_path / "nothing")
    monkeypatch.setattr(data, "DEBIAN_FOLDER", tiny)
    assert data.find_dataset() == tiny


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx_bytes(2051, (20, 28, 28), bytes(20 * 784 - 1)), "must be 15696 bytes unpacked, got 15695"),
        (idx_bytes(2051, (20, 28, 28), bytes(20 * 784 + 1)), "must be 15696 bytes unpacked, got 15697"),
        (idx_bytes(2049, (20, 28, 28), bytes(20 * 784)), "must be 2051, got 2049"),
        (idx_bytes(2051, (4, 28, 28), bytes(4 * 784)), "holds 4 x 28 x 28 values, Fashion-MNIST has 20 x 28 x 28"),
        (b"\0\0\x08", "3 bytes are too few"),
        (b"", "0 bytes are too few"),
    ],
    ids=["truncated", "too long", "wrong kind", "wrong count", "half a header", "empty"],
)
def test_damaged_file_is_refused_by_name(tiny, content, message):
    (tiny / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(data.DatasetError, match="train-images-idx3-ubyte") as error:
        data.load_split("train", tiny)
    assert message in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "changed", "not gzip"])
def test_damaged_packed_file_is_refused_by_name(tiny, damage):
    plain = tiny / "t10k-images-idx3-ubyte"
    packed = bytearray(gzip.compress(plain.read_bytes()))
    if damage == "cut":
        packed = packed[:-20]
    elif damage == "changed":
        packed[-6] ^= 0xFF  # within the stored CRC
    else:
        packed = bytearray(b"no gzip at all")
    plain.with_name(plain.name + ".gz").write_bytes(packed)
    with pytest.raises(data.DatasetError, match=r"t10k-images-idx3-ubyte\.gz: .*fetch it again"):
        data.load_split("test", tiny)


def test_impossible_label_is_refused(tiny):
    (tiny / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(2049, (10,), bytes(range(1, 11))))
    with pytest.raises(data.DatasetError, match="t10k-labels.*0 to 9, found 10"):
        data.load_split("test", tiny)


def test_another_data_set_of_the_same_size_is_refused(tiny):
    """As MNIST is: its digits are not equally frequent."""
    (tiny / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(2049, (10,), bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 8])))
    with pytest.raises(data.DatasetError, match="every class has 1 images; Bag has 2 .*MNIST"):
        data.load_split("test", tiny)


def test_another_data_set_with_as_many_images_of_each_class_is_refused(tiny, monkeypatch):
    """As Kuzushiji-MNIST is: its pixels have a mean of 0.1918."""
    monkeypatch.undo()
    monkeypatch.setattr(data, "NUM_IMAGES", {"train": 20, "test": 10})
    for value, is_right in ((73, True), (49, False)):
        (tiny / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(2051, (10, 28, 28), bytes([value]) * 7840))
        data.load_split.cache_clear()
        if is_right:
            assert data.load_split("test", tiny)[0].shape == (10, 1, 28, 28)
        else:
            with pytest.raises(data.DatasetError, match=r"t10k-images.*mean of 0\.286 .* have 0\.192 .*Kuzushiji"):
                data.load_split("test", tiny)


def test_missing_file_and_unknown_split(tiny):
    (tiny / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(data.DatasetError, match="t10k-labels-idx1-ubyte"):
        data.load_split("train", tiny)
    with pytest.raises(ValueError, match="train or test, got 'validation'"):
        data.load_split("validation", tiny)


def test_failed_download_says_what_to_do(tmp_path, monkeypatch):
    import torchvision.datasets

    def no_network(*args, **kwargs):
        raise OSError("network is unreachable")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", no_network)
    monkeypatch.setattr(data, "DEFAULT_FOLDER", tmp_path / "data")
    monkeypatch.setattr(data, "DEBIAN_FOLDER", tmp_path / "debian")
    with pytest.raises(data.DatasetError, match="network is unreachable.*--data-dir"):
        data.find_dataset()


def test_normalise_agrees_for_bytes_and_fractions():
    pixels = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    expected = torch.tensor([[-0.2860 / 0.3530, (0.2 - 0.2860) / 0.3530, (1 - 0.2860) / 0.3530]])
    torch.testing.assert_close(data.normalise(pixels), expected)
    torch.testing.assert_close(data.normalise(pixels / 255), expected)


def test_sample_has_twenty_of_each_class():
    sample = data.load_sample()
    assert sample.images.shape == (200, 28, 28) and sample.images.dtype == torch.uint8
    assert sample.labels.bincount(minlength=10).tolist() == [20] * 10
    assert len(set(sample.indices.tolist())) == 200
    assert data.SAMPLE_FILE.stat().st_size < 2**20
    assert "MIT License" in (data.SAMPLE_FILE.parent / "README.md").read_text(encoding="utf-8")


def test_damaged_sample_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "SAMPLE_FILE", tmp_path / "sample.safetensors")
    data.SAMPLE_FILE.write_bytes(b"damaged")
    data.load_sample.cache_clear()
    try:
        with pytest.raises(data.DatasetError, match="sample.safetensors"):
            data.load_sample()
    finally:
        data.load_sample.cache_clear()


needs_dataset = pytest.mark.skipif(
    not (data._search(data.DEFAULT_FOLDER) or data._search(data.DEBIAN_FOLDER)), reason="needs Fashion-MNIST"
)


@needs_dataset
def test_sample_is_the_first_twenty_of_each_class_of_the_real_test_set():
    images, labels = data.load_split("test")
    sample = data.load_sample()
    assert torch.equal(images[sample.indices, 0], sample.images)
    seen: list[int] = []
    counts = [0] * 10
    for position, label in enumerate(labels.tolist()):
        counts[label] += 1
        if counts[label] <= 20:
            seen.append(position)
    assert sorted(sample.indices.tolist()) == seen


@needs_dataset
def test_mean_and_deviation_are_those_of_the_training_images():
    import torchvision.datasets

    images, labels = data.load_split("train")
    assert labels.bincount().tolist() == [6000] * 10
    pixels = images.double() / 255
    assert pixels.mean().item() == pytest.approx(data.MEAN, abs=5e-5)
    assert pixels.std().item() == pytest.approx(data.STD, abs=5e-5)
    assert torchvision.datasets.FashionMNIST.classes == [*data.CLASSES]
