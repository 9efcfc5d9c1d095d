"""Scores of trajectories, and how sure they are."""
