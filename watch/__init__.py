"""What tells of rotations before anybody looks: functions that touch no target and read no value.

They know of secrets, functions and logs what rotctl knows, and by its code.
"""
