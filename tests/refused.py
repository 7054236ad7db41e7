"""What is refused, and in which words."""

from collections.abc import Callable

import pytest

from components.backend import SettingsError


def refusal(make: Callable[..., object], **values: object) -> SettingsError:
    """The error with which these values are refused."""
    with pytest.raises(SettingsError) as caught:
        make(**values)
    return caught.value
