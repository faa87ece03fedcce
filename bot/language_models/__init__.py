"""Language models by provider, within a deadline, a budget and a number of calls."""
