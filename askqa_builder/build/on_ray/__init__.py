"""The executors that run a build's blocks on Ray: on this machine, or on all machines of a cluster."""
