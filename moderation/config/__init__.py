"""Environment and `config/*.toml` as typed values, read anew when the file changes."""
