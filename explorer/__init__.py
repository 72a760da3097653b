"""CNN Explorer: see how convolutional networks work, on real Fashion-MNIST clothes."""
