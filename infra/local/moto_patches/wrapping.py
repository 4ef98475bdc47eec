"""How a method of moto's is replaced."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Wrapper = Callable[..., Any]


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Have calls of the method go to `wrapper`, which gets the original first and then the call's own arguments."""
    original = inspect.getattr_static(owner, name)
    is_class_method = isinstance(original, classmethod)
    function = original.__func__ if is_class_method else original

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(function, *args, **kwargs)

    setattr(owner, name, classmethod(wrapped) if is_class_method else wrapped)
