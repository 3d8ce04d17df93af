"""Every error that claimex raises on purpose. A message names the fault and the mend, in one line."""


class ClaimexError(Exception):
    """Base of them all; the command line prints its message and exits with status 2."""


class InputError(ClaimexError):
    """A document, or the file that should hold it, cannot be read as what it claims to be."""


class ModelError(ClaimexError):
    """A weights directory is missing, broken, or speaks another label set."""


class ConfigError(ClaimexError):
    """A training config, or the corpora that it names, cannot be used as they are."""
