"""The accounts of a pair: what the server shows of them, and which is whose clone."""
