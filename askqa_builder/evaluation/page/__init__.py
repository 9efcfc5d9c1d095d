"""The report page of a run: its figures, and every dialogue to read and, where recordings are kept, to listen to."""
