"""The backend for keys of any issuer, and what an issuer has to be able to do for it."""
