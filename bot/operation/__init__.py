"""How whoever runs the bot sees that it is well: figures, health, log lines, word to systemd."""
