"""What a text quotes and claims, held against the sources."""
