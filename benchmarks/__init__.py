"""Each benchmark prints a table, beside the bare library calls in the same run, and the machine that it ran on."""
