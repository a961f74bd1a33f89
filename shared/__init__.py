"""What every rotator has in common; imports no driver and no rotator."""
