"""Everything that imports discord.py: client, commands, buttons, messages."""
