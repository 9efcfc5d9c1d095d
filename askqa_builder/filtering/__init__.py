"""A smaller dataset out of a finished one: the rows that fulfil conditions."""
