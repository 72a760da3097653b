"""What stands between the network and the app: which requests come in, whose turn it is, and what is forgotten."""
