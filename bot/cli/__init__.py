"""The command line: what it reads, what it prints, how it fails."""
