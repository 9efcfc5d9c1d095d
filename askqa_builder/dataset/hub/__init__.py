"""A dataset repository on the Hugging Face Hub, through its own client, which is imported where it is used."""
