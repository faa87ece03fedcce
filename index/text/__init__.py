"""What text is made of: words, names, sentences, table rows."""
