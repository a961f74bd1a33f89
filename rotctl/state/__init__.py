"""What the world says of each rotation, in words; nothing is kept between two looks."""
