"""Lines (tails, whiskers) followed through a video: ridges, not regions. No network."""
