"""What needs everybody: what bookings and stays tell of a guest, put together for those who must not know them."""
