"""The calls of AWS that this kind makes, and what their errors mean."""
