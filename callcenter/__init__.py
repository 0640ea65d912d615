"""The core of the house: calls, guests, bookings, complaints, outbound work, the Asterisk bridge and the web API."""
