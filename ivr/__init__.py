"""What callers hear: prompts, menus, flows and speech."""
