"""The simulated user: who means one reading of a request, and answers from it."""
