"""What can go wrong around SAM, told apart: it cannot run here, or it ran and is wrong."""


class CannotRunError(RuntimeError):
    """A Docker engine of one's own takes what this machine has not; the message says what."""


class WrongError(RuntimeError):
    """SAM, a function or a rotation did not do what it has to; the message says which and how."""
