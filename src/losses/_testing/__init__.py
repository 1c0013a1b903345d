"""The laws of losses as functions, data to try them on, and the search for the smallest arguments that break them.

It knows a loss only by how it is called, so that it can judge those of other authors; it must not know any family.
"""
