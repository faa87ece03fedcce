"""The commands of `quoth`, one module for each; `bot.cli` loads them when they are called."""
