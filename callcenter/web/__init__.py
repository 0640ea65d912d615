"""HTTP in general: application, middleware, sessions, permissions, live updates."""
