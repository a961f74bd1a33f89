"""A Docker engine of our own, and a stand-in for Lambda's image in it."""
