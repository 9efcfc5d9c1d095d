"""Let listeners listen to parts of a finished dataset's recordings, and write what they heard into its rows.

What is listened to, by whom, and what becomes of it is decided by whoever uses this; a kill at any moment loses one
batch, and the dataset is whole at any moment.
"""
