"""One file a metric: masklet beside the reference, on the same input, in one process."""
