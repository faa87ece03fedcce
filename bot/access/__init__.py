"""Who may use Quoth over a network: tokens, what each opens, and how often it may ask."""
