"""Stays: guests in house, their folio, messages, wake-up calls and room telephones (requirements 4)."""
