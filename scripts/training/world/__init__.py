"""How the pack "world" is made: multilingual-e5-small, its vocabulary cut to the languages read, taught by corpora in
many languages, by sentences written in all of them, and in English by the pack that reads English."""
