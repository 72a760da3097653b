"""The classifier wing: trained networks on the reader's own pictures, and what their decisions rest on."""
