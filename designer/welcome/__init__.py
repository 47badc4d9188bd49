"""The welcome page: templates as pictures, the example, and what to go on with."""

from designer.welcome.page import WelcomePage
from designer.welcome.recent import Recent

__all__ = ["Recent", "WelcomePage"]
