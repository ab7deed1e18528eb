"""People and keys: accounts, sign-in, second factors, sites and their keys, and what each of them reaches."""
