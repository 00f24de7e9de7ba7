"""Who may do what: passwords, sessions, tokens, roles, OIDC, the audit log."""
