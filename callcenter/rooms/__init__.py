"""Rooms: types, rooms, their condition, and who holds which room in which night."""
