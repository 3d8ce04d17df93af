"""Other libraries on the same inputs, in an environment of their own."""
