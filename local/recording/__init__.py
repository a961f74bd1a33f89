"""Pictures of rotctl at work, made by a command from the local system."""
