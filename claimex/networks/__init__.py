"""The forward pass, in one of two engines: OpenVINO on CPUs, torch on GPUs and for encoders of other kinds than BERT.

Both read the same checkpoint. Nothing else in the library imports either of them.
"""
