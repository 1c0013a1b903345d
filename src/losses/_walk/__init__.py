"""Walking large arrays: how they are cut into blocks, by how many threads they are walked, how their terms are added.

Knows shapes, bytes and threads. Knows nothing of losses, weights or what the user passed.
"""
