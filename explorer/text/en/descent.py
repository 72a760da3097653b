"""Sentences of the kernel that is learned by gradient descent, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Learn a kernel: first you, then gradient descent",
    "intro": "A hidden kernel made the target from the picture. Change the numbers of your kernel until your result looks like the "
    "target. The loss is the mean squared difference between the two. Then guess how long gradient descent needs, and let it search.",
    "about": "Nobody tells gradient descent what an edge is: it only knows the slope of the loss along each number of the kernel, and "
    "takes a step downhill. The loss is a quadratic function of the kernel, so much is known before the first step: the least loss is a "
    "problem of least squares, and the largest learning rate follows from the steepest curvature. Beyond its border the picture goes on "
    "with the pixels of its edge, so that the result is as large as the picture.",
    "label": "Picture, your result, target and difference",
    # ---- the setting
    "picture": "Picture",
    "picture_screen": "The picture above",
    "picture_uniform": "A uniform grey square",
    "picture_noise": "Random dots",
    "target": "Target made by",
    "target_secret": "A secret kernel",
    "target_draw": "My own drawing",
    "size": "Size of your kernel",
    "start": "Start",
    "start_zeros": "Zeros",
    "start_random": "Random (seed {seed})",
    "rate": "Learning rate",
    "momentum": "Momentum",
    "pace": "Speed",
    "pace_slow": "a few steps per second",
    "pace_frame": "one step per frame",
    "pace_fast": "as fast as possible",
    # ---- the guess
    "guess": "Your guess: how many steps until the loss is {share} % of the loss of zeros?",
    "guess_none": "–",
    "guess_upto": "up to {most}",
    "guess_between": "{least} to {most}",
    "guess_more": "more than {most}",
    "guess_never": "never within {most}",
    "guess_right": "{took} You guessed right.",
    "guess_wrong": "{took} You guessed wrong: {guess}.",
    "took": "The loss fell below {share} % of the loss of zeros at step {steps}.",
    "took_never": "The loss did not fall that far.",
    # ---- buttons
    "find": "Let gradient descent find it",
    "pause": "Pause",
    "step": "One step",
    "reset": "Back to the start",
    "reveal": "Show the hidden kernel",
    "hide": "Hide it again",
    "another": "Another secret",
    "clear": "Clear the drawing",
    # ---- maps and chart
    "map_input": "Picture",
    "map_result": "Your result",
    "map_target": "Target",
    "map_drawn": "Target: draw here",
    "map_difference": "Difference",
    "map_kernel": "Your kernel",
    "map_hidden": "Hidden kernel",
    "map_best": "Best of this size",
    "kernel": "Your kernel",
    "draw_hint": "the arrow keys move, the space bar draws",
    "axis_steps": "Steps",
    "axis_loss": "Loss",
    "curve": "Loss after each step",
    "least": "least possible loss",
    "by_hand": "your best by hand",
    # ---- what is so
    "loss": "Loss: {loss}. A kernel of zeros has {zeros}.",
    "loss_hand": "Loss: {loss}, your best by hand: {hand}. A kernel of zeros has {zeros}.",
    "not_yet": "No step yet.",
    "running": "Steps: {steps}. The loss is {loss}.",
    "apart": "Your kernel and the hidden one differ by at most {apart}.",
    "end_found": "Steps: {steps}. The loss is {loss}, as low as it can be.",
    "end_stopped": "Steps: {steps}. The loss is {loss}; the least possible loss is {least}. It stops here.",
    "end_exploded": "Steps: {steps}. The loss is {loss}: it diverges.",
    "diverges": "This learning rate is too large: from {limit} on, the steps grow instead of shrinking.",
    "blind": "The picture says nothing about {blind} of the {weights} directions in which the kernel can change: many kernels give the "
    "same result.",
    "small": "Your kernel is too small: the best one of {size} × {size} still has a loss of {least}, {share} % of the loss of zeros.",
    "impossible": "No kernel of {size} × {size} makes this target: the best one has a loss of {least}, {share} % of the loss of zeros.",
    "reachable": "There is a kernel of {size} × {size} with a loss of 0.",
    "slow": "Some changes of the kernel hardly change the loss: where neighbouring pixels are alike, for example, one number may grow while "
    "its neighbour shrinks by as much. They are learned last: at this rate, half of their error is gone after about {steps} steps.",
    "draw": "Draw on the target: where should the result light up?",
}
