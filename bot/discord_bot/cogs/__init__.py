"""One module for each group of slash commands, and one for messages."""
