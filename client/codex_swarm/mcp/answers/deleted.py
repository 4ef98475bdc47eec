"""What tools answer that delete something by its name."""

from __future__ import annotations

from pydantic import BaseModel


class Deleted(BaseModel):
    """It is deleted, or was already."""

    name: str
    deleted: bool = True
