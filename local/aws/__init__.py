"""What other services of AWS know of rotations, answered on the local Secrets Manager's address."""
