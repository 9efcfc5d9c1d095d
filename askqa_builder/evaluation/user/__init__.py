"""The simulated user, who means one thing and answers from that."""
