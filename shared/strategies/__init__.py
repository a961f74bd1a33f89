"""Backends made from any database Engine."""

from shared.strategies.alternating_users import AlternatingUsers
from shared.strategies.overlap import SingleUserWithOverlap
from shared.strategies.single_user import SingleUser

__all__ = ["AlternatingUsers", "SingleUser", "SingleUserWithOverlap"]
