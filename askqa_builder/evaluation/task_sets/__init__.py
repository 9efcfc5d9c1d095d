"""Models asked what sets of task examples ask: one question about some sound, one answer."""
