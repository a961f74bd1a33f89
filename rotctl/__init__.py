"""The operators' command line: what every rotation is doing, and how to begin one.

It knows the functions by what AWS says of them. Only the folder offline sees their code.
"""
