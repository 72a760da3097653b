"""What several tests of the classifier begin with."""

from __future__ import annotations

import pytest
import torch

from explorer.classifier.session import Choices
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.data import DatasetError, load_split

# How the picture is chosen and prepared as the page opens, apart from the network and the sample.
CHOICES = {
    name: value for name, value in vars(Choices()).items() if name in OF_PICTURE and name not in ("model", "sample")
}


@pytest.fixture(scope="session", name="test_images")
def _load_images() -> torch.Tensor:
    """(10000, 28, 28) uint8."""
    try:
        return load_split("test")[0][:, 0]
    except DatasetError:
        pytest.skip("no data set on this machine")
