"""A finished dataset to the Hugging Face Hub: what may be published, what is sent, and in which order."""
