"""Values to Discord Markdown within Discord's limits. Pure."""
