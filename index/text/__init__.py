"""What text is made of: words, names, sentences, rows, items of lists; and how it is set in lines."""
