"""The web console: operators review, tuners draw, admins let people in. Needs the extra `console`."""
