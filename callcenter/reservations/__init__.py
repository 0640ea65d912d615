"""Reservations: individual and group bookings, availability, prices, deposits, audits, no-shows."""
