"""The HTTP interface, one file a theme. Each has `routes`, with paths below `/api/v1`."""
