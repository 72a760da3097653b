"""The tabs of the app, in their order; the first is shown at first."""

from __future__ import annotations

from explorer.claims import tab as claims
from explorer.classifier import tab as classifier
from explorer.convolution import tab as convolution
from explorer.gradient_flow import tab as gradient_flow
from explorer.receptive_field import tab as receptive_field
from explorer.shapes import tab as shapes

# Wing -> its module.
WINGS = {
    "convolution": convolution,
    "receptive_field": receptive_field,
    "shapes": shapes,
    "gradient_flow": gradient_flow,
    "classifier": classifier,
    "claims": claims,
}
