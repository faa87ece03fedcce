"""The JSON that programs are given, on the command line and over a network; a promise to them."""
