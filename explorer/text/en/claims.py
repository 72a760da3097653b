"""The tutorial's claims in our words, and what was measured of each: see explorer/claims."""

SENTENCES = {
    "tab": "Claims",
    "intro": "What the tutorial claims, and what was measured in this repository.",
    "look": "<b>{count} claims</b>: {holds} hold, {conditions} hold under conditions, {fails} do not hold, {open} cannot be judged here.",
    "legend": "{verdict}: <b>{count}</b>",
    "look_none": "No claim has this verdict here. Choose another verdict or another tab.",
    "verdict": "Verdict",
    "about": "Tab",
    "all": "All",
    "all_tabs": "All tabs",
    "holds": "Holds",
    "conditions": "Holds under conditions",
    "fails": "Does not hold",
    "open": "Cannot be judged here",
    "case_holds": "holds here",
    "case_fails": "does not hold here",
    "section": "Section {section} of the tutorial",
    "show": "Show it in “{tab}”",
    "here": "What the tutorial claims about this: {count} claims, {fails} of them do not hold",
    "explanation": r"""
**From a claim to a verdict.** Each claim is written here in our own words. It is tried in one or several settings, and each
setting has its own measurement. If the claim is right in all of them, it *holds*. If it is right in some of them, it *holds under
conditions*. If it is right in none of them, it *does not hold*. Nobody writes a verdict by hand: the program computes it from
the measurements, and the tests of this repository measure again.

**Measured, counted, or taken from a paper.** Parameters and sizes are counted in PyTorch's own modules. Receptive fields are checked
with gradients. Accuracies come from networks that were trained here, with several seeds where training was short enough. A few
claims are about history; then the line names the paper.
""",
    "questions": r"""### Why does a claim hold only under conditions?
Because the tutorial states it for every network, and it is right for some of them only. The lines below the claim show which
settings were tried. The sign before each line says whether the claim was right there.

### Why can some claims not be judged here?
Because the measurement would need more than this repository has: a large data set such as ImageNet, labels of parts of
objects, or days on a graphics card. The line below such a claim says what it would take.

### How can I measure it again?
Run `python -m explorer.claims`. It takes less than a minute, because the long experiments are stored with their raw results.
`python -m explorer.claims --help` lists the experiments; each of them can be run again by its name.
""",
    # ---- section 1: pictures as vectors
    # ---- sections 1.2 to 3: convolutions
    "conv_parameters": "A 3×3 convolution from 3 to 16 channels has 448 parameters.",
    "conv_parameters_counted": "Counted in PyTorch's module: {count}.",
    "same_padding": "With padding of half the kernel size, rounded down, and stride 1, the output is as large as the input.",
    "same_padding_odd": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    "same_padding_even": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    # ---- section 4: receptive fields
    # ---- section 5: pooling
    # ---- sections 6, 7 and 9: networks
    # ---- section 8: residual connections
    # ---- section 10: training
    # ---- section 11: questions
}
