"""Tell clarifying questions from answers."""
