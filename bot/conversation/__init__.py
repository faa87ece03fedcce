"""What a message means after what was said: follow-ups made to stand alone."""
