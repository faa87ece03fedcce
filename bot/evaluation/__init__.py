"""Questions with known answers, and how well the product answers them."""
