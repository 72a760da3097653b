"""Weights that a reader brings: which network they are of, what is refused, and when they are forgotten."""

from __future__ import annotations

import gc

import pytest
import torch
from safetensors.torch import save_file

from explorer.errors import InputError
from explorer.models.brought import open_weights
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import load_trained
from explorer.models.networks import BROUGHT, NETWORKS, find_network
from explorer.text import LANGUAGES


@pytest.fixture
def file(tmp_path):
    """Writes tensors into a file of that name."""

    def write(tensors, name="mine.safetensors"):
        save_file({key: tensor.detach().contiguous().clone() for key, tensor in tensors.items()}, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def lenet():
    torch.manual_seed(0)
    return create_model("lenet5").eval()


@pytest.mark.parametrize("name", ["softmax", "mlp", "lenet5", "alexnet_small", "plain18", "resnet20", "plain20"])
def test_a_file_says_which_network_it_is_of(file, name):
    network = open_weights(file(create_model(name).state_dict()), likely=name)
    assert network.architecture == name and network.source == BROUGHT
    assert network.title == f"{MODELS[name].title} · mine"
    assert network.record().trace(MODELS[name].input_shape).output_shape == (10,)


def test_it_answers_as_the_network_that_was_saved(file, lenet):
    images = torch.rand(3, 1, 28, 28)
    with open_weights(file(lenet.state_dict())).borrow() as model, torch.no_grad():
        assert torch.equal(model(images), lenet(images)) and not model.training


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model."])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_names_and_numbers_as_other_programs_save_them(file, lenet, prefix, kind):
    saved = {f"{prefix}{key}": tensor.to(kind) for key, tensor in lenet.state_dict().items()}
    with open_weights(file(saved)).borrow() as model:
        for key, tensor in model.state_dict().items():
            assert tensor.dtype == torch.float32 and torch.equal(tensor, saved[f"{prefix}{key}"].float())


def test_the_network_that_is_likely_decides_where_names_and_shapes_do_not(file):
    path = file(create_model("plain20").state_dict())
    assert open_weights(path, "plain20").architecture == "plain20"
    assert open_weights(path, "resnet20").architecture == "resnet20"
    assert open_weights(path, "lenet5").architecture in ("resnet20", "plain20")


def test_it_is_found_by_its_name_alone_and_forgotten_with_whoever_held_it(file, lenet):
    path = file(lenet.state_dict())
    network, other = open_weights(path), open_weights(path)
    name = network.name
    assert find_network(name) is network and name != other.name and len(name) > 30
    assert name not in NETWORKS
    del network
    gc.collect()
    with pytest.raises(InputError, match="no longer here"):
        find_network(name)


def test_the_shipped_network_is_not_touched(file, lenet):
    before = {key: tensor.clone() for key, tensor in load_trained("lenet5").state_dict().items()}
    open_weights(file(lenet.state_dict()))
    assert all(torch.equal(tensor, before[key]) for key, tensor in load_trained("lenet5").state_dict().items())


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("models.tensor_missing", lambda t: {k: v for k, v in t.items() if k != "features.3.bias"}),
        ("models.tensor_extra", lambda t: {**t, "features.9.weight": torch.ones(1)}),
        ("models.tensor_shape", lambda t: {**t, "features.0.weight": torch.ones(6, 3, 5, 5)}),
        ("models.not_finite", lambda t: {**t, "features.0.bias": torch.tensor([0.0, 1, 2, 3, 4, float("nan")])}),
        ("models.not_finite", lambda t: {**t, "features.0.bias": torch.tensor([0.0, 1, 2, 3, 4, float("inf")])}),
        ("models.not_finite", lambda t: {**t, "features.0.bias": torch.full((6,), 1e300, dtype=torch.float64)}),
        ("models.tensor_kind", lambda t: {**t, "features.0.bias": torch.ones(6, dtype=torch.int64)}),
        ("models.tensor_kind", lambda t: {**t, "features.0.bias": torch.ones(6, dtype=torch.bool)}),
        ("models.tensor_kind", lambda t: {**t, "features.0.bias": torch.ones(6, dtype=torch.complex64)}),
        ("models.no_such_network", lambda t: {"backbone.conv": torch.ones(1)}),
        ("models.no_tensors", lambda t: {}),
    ],
)
def test_what_fits_no_network_is_told(file, lenet, key, change):
    with pytest.raises(InputError) as refused:
        open_weights(file(change(lenet.state_dict())), "lenet5")
    assert refused.value.key == key
    assert all(refused.value.sentence(language) for language in LANGUAGES)


def test_a_variance_below_zero_is_told_though_the_answers_may_be_numbers(file):
    tensors = load_trained("resnet20").state_dict()
    key = next(each for each in tensors if each.endswith("running_var"))
    changed = {**tensors, key: tensors[key].index_fill(0, torch.tensor([0]), -1e-9)}
    with pytest.raises(InputError) as refused:
        open_weights(file(changed), "resnet20")
    assert refused.value.key == "models.negative_variance" and key in refused.value.sentence("zh")


@pytest.mark.parametrize(
    "content", [b"", b"abc", b"\xff" * 100, b"\x08\0\0\0\0\0\0\0{}      ", b"PK\x03\x04 a zip of torch.save"]
)
def test_other_files_are_told(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="safetensors file|must contain 1 to"):
        open_weights(path)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(InputError, match="Choose it again"):
        open_weights(tmp_path / "nowhere.safetensors")


def test_names_of_files_are_shown_in_plain_letters(file, lenet):
    path = file(lenet.state_dict(), "<b>my&net</b>'\".safetensors".replace("/", ""))
    assert open_weights(path).title == "LeNet-5 · bmynetb"


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_weights_of_other_precision_become_those_of_the_network(file, lenet, kind):
    path = file({key: tensor.to(kind) for key, tensor in lenet.state_dict().items()})
    with open_weights(path).borrow() as model:
        for key, tensor in model.state_dict().items():
            assert tensor.dtype == torch.float32 and torch.equal(tensor, lenet.state_dict()[key].to(kind).float())


def test_the_network_that_most_tensors_fit_is_named_and_names_are_shown_in_characters_that_are_seen(file):
    tensors = {key: tensor.contiguous() for key, tensor in load_trained("resnet20").state_dict().items()}
    with pytest.raises(InputError, match=r"looks like ResNet-20.*num_batches_tracked"):
        open_weights(file({key: each for key, each in tensors.items() if "num_batches" not in key}), "resnet20")
    with pytest.raises(InputError) as refused:
        open_weights(file({"\x00\u202econv": torch.ones(1)}))
    assert refused.value.values["tensor"] == "��conv"
