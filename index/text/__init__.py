"""What text is made of: words, names, sentences, rows, list items; and how lines of it are set."""
