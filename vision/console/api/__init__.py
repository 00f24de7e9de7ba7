"""The HTTP API: one module a subject, each with the models of its JSON."""
