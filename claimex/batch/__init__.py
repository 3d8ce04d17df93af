"""Many documents on one machine: inputs of several forms in, shards out, and killed at any moment it loses nothing.

``sources`` reads inputs, ``arrow`` lays extractions out in columns, ``work`` is what each process does with one shard's
documents, ``job`` deals them out and knows what is done.
"""
