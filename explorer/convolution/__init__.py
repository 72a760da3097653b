"""The convolution playground: any small kernel on any small picture, by hand and by PyTorch."""
