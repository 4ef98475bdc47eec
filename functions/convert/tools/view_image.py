"""Shows an image as a picture, as pages are shown."""

from convert.tools.view_pages import TOOL

__all__ = ["TOOL"]
