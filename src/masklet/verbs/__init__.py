"""What one can do: one file, one function, one command each."""
