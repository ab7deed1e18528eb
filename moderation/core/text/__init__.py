"""What is done to texts, linear in their length: written forms, disguise, sentences, links, words."""
