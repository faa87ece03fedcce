"""From a question and its evidence to an answer in which every statement is cited."""
