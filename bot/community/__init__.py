"""What members and managers of a server can do; knows neither discord.py nor Markdown."""
