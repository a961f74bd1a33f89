"""What is taken from others and what is given away: weaknesses, secrets, bills of materials."""
