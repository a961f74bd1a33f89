"""An IAM user: the keys it has, the tags by which they are known, and what changes them."""
