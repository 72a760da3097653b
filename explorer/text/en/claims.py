"""The tutorial's claims in our words, and what was measured of each: see explorer/claims."""

SENTENCES = {
    "tab": "Claims",
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
