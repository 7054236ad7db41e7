"""Rooms in which a class votes: what a room is, and where rooms are kept."""
