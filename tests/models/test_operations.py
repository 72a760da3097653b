"""What the tracer knows, its neighbours know: a new operation is missing nowhere, or is left out on purpose."""

from __future__ import annotations

from explorer.models import footprint
from explorer.models.rules import FUNCTION_RULES, METHOD_RULES, MODULE_RULES, POINTWISE_MODULES
from explorer.receptive_field.networks import LOCAL_KINDS
from explorer.shapes.edit import _INPUT_SETTINGS, EDITABLE
from explorer.shapes.layer_list import LAYERS
from explorer.shapes.maths import ROLES
from tests.models import test_footprint, test_rules

KINDS = {module.__name__: rule for module, rule in MODULE_RULES.items()}

# Drawn in no colour of their own.
COLOURLESS = set(
    """AlphaDropout CELU Dropout Dropout2d Flatten Hardtanh Identity InstanceNorm2d LogSigmoid LogSoftmax Mish
    MultiheadAttention PReLU SELU Softmax Softplus Softsign Unflatten Upsample""".split()
)
# Not read from a list that a reader pastes.
NOT_PASTED = set(
    """AlphaDropout CELU ConvTranspose2d GroupNorm Hardsigmoid Hardtanh InstanceNorm2d LayerNorm LocalResponseNorm
    LogSigmoid Mish MultiheadAttention PReLU SELU Softplus Softsign Unflatten Upsample""".split()
)
# Read from such a list, but none of their settings can be changed in the table.
NOT_EDITED = set(
    """Dropout Dropout2d ELU Flatten GELU Hardswish Identity LeakyReLU LogSoftmax ReLU ReLU6 SiLU Sigmoid Softmax
    Tanh""".split()
)
# Windows that are no rows of a traced network in the receptive-field tab.
NOT_ROWS = {"AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "ConvTranspose2d", "Upsample"}


def names_of(operations) -> set[str]:
    return {each if isinstance(each, str) else each.__name__ for each in operations}


def test_every_operation_has_a_counterpart_in_the_footprint():
    differ = MODULE_RULES.keys() ^ footprint._MODULES.keys()
    assert not differ, (
        f"{names_of(differ)}: MODULE_RULES in explorer/models/rules.py, _MODULES in footprint.py beside it"
    )
    missing = (FUNCTION_RULES.keys() | METHOD_RULES.keys()) - footprint._FUNCTIONS.keys() - footprint._CONCATENATIONS
    assert not missing, f"_FUNCTIONS in explorer/models/footprint.py lacks {names_of(missing)}"


def test_every_operation_but_the_pointwise_ones_is_compared_with_pytorch_and_autograd():
    networks = [*test_rules.NETWORKS.values(), *(make() for make, _ in test_footprint.NETWORKS.values())]
    compared = {type(module) for network in networks for module in network.modules()}
    missing = MODULE_RULES.keys() - compared - set(POINTWISE_MODULES)
    assert not missing, f"NETWORKS in tests/models/test_rules.py and test_footprint.py lack {names_of(missing)}"


def test_every_operation_has_a_colour_or_is_left_without_one_on_purpose():
    differ = (KINDS.keys() - ROLES.keys()) ^ COLOURLESS
    assert not differ, f"{differ}: _KINDS in explorer/shapes/maths.py, or COLOURLESS in this test"


def test_every_operation_can_be_pasted_or_is_left_out_on_purpose():
    assert not LAYERS.keys() - KINDS.keys(), (
        f"MODULE_RULES in explorer/models/rules.py lacks {LAYERS.keys() - KINDS.keys()}"
    )
    differ = (KINDS.keys() - LAYERS.keys()) ^ NOT_PASTED
    assert not differ, f"{differ}: LAYERS in explorer/shapes/layer_list.py, or NOT_PASTED in this test"


def test_every_pasted_layer_can_be_changed_or_is_left_out_on_purpose():
    differ = (LAYERS.keys() - EDITABLE.keys()) ^ NOT_EDITED
    assert not differ, f"{differ}: EDITABLE in explorer/shapes/edit.py, or NOT_EDITED in this test"


def test_what_makes_a_pasted_layer_fit_is_known():
    numbers = {"in_channels", "in_features", "num_features"}
    made_for = {kind for kind, settings in LAYERS.items() if numbers & {each.name for each in settings}}
    differ = made_for ^ _INPUT_SETTINGS.keys()
    assert not differ, f"{differ}: _INPUT_SETTINGS in explorer/shapes/edit.py"


def test_every_window_is_a_row_of_the_receptive_field_or_is_left_out_on_purpose():
    windows = {kind for kind, rule in KINDS.items() if rule.__module__ == "explorer.models.window_rules"}
    differ = (windows - LOCAL_KINDS.keys()) ^ NOT_ROWS
    assert not differ, f"{differ}: LOCAL_KINDS in explorer/receptive_field/networks.py, or NOT_ROWS in this test"
