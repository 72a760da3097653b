"""CNN Explorer: see how convolutional networks work, on real Fashion-MNIST clothes."""

import os

# Nothing here asks outside. Gradio reads this when it is first imported, and asks at once if it is not set.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
