"""What only the training of `cut` needs: open data, composites, a simulated person, the fit."""
