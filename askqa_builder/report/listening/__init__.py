"""A listening test of a dataset: the sheet that raters fill in, and what their ratings say."""
