"""What the bot remembers: answers, conversations, rules, ratings, team answers."""
