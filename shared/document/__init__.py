"""The JSON of a secret's value: how it is stored, and the fields that functions read in it."""
