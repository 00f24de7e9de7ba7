"""Cases as the console keeps them: a mirror of the worker's book, the queue, the verdicts and their way back."""
