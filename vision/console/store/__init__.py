"""What the console remembers: people and their sessions, the mirror of the cases, verdicts, versions, the audit log."""

from vision.console.store.database import Store, StoreError

__all__ = ["Store", "StoreError"]
