"""Models under test, and the controls that stand in for one."""
