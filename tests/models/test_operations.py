"""The records of operations: nothing is missing, nothing is said twice, and what they say fits PyTorch and the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import MISSING, fields

import pytest
from torch import nn

from explorer.models.joining_rules import pointwise_rule
from explorer.models.operations import BY_KIND, OPERATIONS, Operation, find_operation, name_kind
from explorer.models.pasting import NOT_PASTED, Pasting
from explorer.page.style import ROLES
from tests.models import test_footprint, test_rules

FILE = "explorer/models/operations.py"
PASTED = [operation for operation in OPERATIONS if operation.pasting is not NOT_PASTED]


def names_of(calls) -> list[str]:
    return sorted(call if isinstance(call, str) else call.__name__ for call in calls)


def id_of(operation: Operation) -> str:
    return name_kind(operation.calls[0])


@pytest.mark.parametrize("record_kind", [Operation, Pasting])
def test_no_part_of_a_record_has_a_default(record_kind):
    """What is left out is refused where the record is written, when the program starts."""
    assert all(field.default is field.default_factory is MISSING for field in fields(record_kind))


def test_every_operation_has_one_record():
    counts = Counter(call for operation in OPERATIONS for call in set(operation.calls))
    twice = [call for call, count in counts.items() if count > 1]
    assert not twice, f"{names_of(twice)} stand in several records of OPERATIONS in {FILE}"


def test_what_has_one_name_has_one_colour_and_one_row():
    for operation in OPERATIONS:
        for call in operation.calls:
            other = BY_KIND[name_kind(call)]
            assert (other.role, other.is_row) == (operation.role, operation.is_row), (
                f"{name_kind(call)}: role or is_row of its records in {FILE} differ"
            )


def test_every_role_is_a_colour():
    unknown = {operation.role for operation in OPERATIONS} - ROLES.keys()
    assert not unknown, f"{unknown}: a role in {FILE} is no key of ROLES in explorer/page/style.py"


def test_every_class_but_the_pointwise_ones_is_compared_with_pytorch_and_autograd():
    networks = [*test_rules.NETWORKS.values(), *(make() for make, _ in test_footprint.NETWORKS.values())]
    compared = {type(module) for network in networks for module in network.modules()}
    classes = {call for each in OPERATIONS if each.rule is not pointwise_rule for call in each.calls if is_class(call)}
    missing = classes - compared
    assert not missing, (
        f"NETWORKS in tests/models/test_rules.py and test_footprint.py lack {names_of(missing)} of {FILE}"
    )


def is_class(call) -> bool:
    return isinstance(call, type)


@pytest.mark.parametrize("operation", PASTED, ids=id_of)
def test_what_is_pasted_is_a_class_whose_settings_are_known(operation):
    names = [setting.name for setting in operation.pasting.settings]
    classes = [call for call in operation.calls if is_class(call)]
    assert classes and all(getattr(nn, each.__name__) is each for each in classes), (
        f"{id_of(operation)} is no class of torch.nn: NOT_PASTED in {FILE}"
    )
    unknown = set(operation.pasting.editable) - set(names)
    assert not unknown, f"editable of {id_of(operation)} in {FILE} names {unknown}, which are none of its settings"
    numbers = [name for name in names if name in ("in_channels", "in_features", "num_features", "num_channels")]
    assert [operation.pasting.made_for] == (numbers or [None]), (
        f"made_for of {id_of(operation)} in {FILE}: it takes {numbers or 'any input'}"
    )


def test_what_is_no_operation_has_no_record():
    assert find_operation(nn.Bilinear) is None and find_operation("svd") is None
