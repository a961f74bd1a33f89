"""Calls to an issuer: bounded, to allowed hosts only, their errors in our words."""
