"""Judges files by the functions' own code: the one part of rotctl that imports it.

Nothing else of rotctl imports this where it starts, so that no other command pays for it.
"""
