"""The library of the book: small enough to read whole. Nothing is imported until it is asked for."""
