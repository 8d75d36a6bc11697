"""The real bot against the sandbox with everything going wrong, for as long as one likes: `make soak`.

Exit status 1: a request got neither a result nor a message, an acknowledgement took more than 3 s, memory grew by more
than 5 %, or a process was left behind.
"""
