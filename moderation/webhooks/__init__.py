"""Sites are told of what happens: signed requests to addresses that their administrators named."""
