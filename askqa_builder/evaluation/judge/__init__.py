"""Answers rated by a language model."""
