"""Words that fill the written sentences: praise, abuse, and what lies between."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "good": (
        "good", "great", "kind", "wonderful", "lovely", "amazing", "brave", "honest", "smart", "gentle", "excellent", "fun",
        "friendly", "thoughtful", "brilliant", "beautiful", "generous", "hard-working", "talented", "awesome", "decent",
        "charming", "cheerful", "loyal", "creative", "strong", "successful", "happy", "fantastic", "nice", "proud",
        "respectful", "inspiring", "warm-hearted", "funny", "wise", "patient", "caring", "perfect", "fabulous", "admirable",
    ),
    "plain": (
        "tall", "quiet", "retired", "married", "local", "well-known", "tired", "busy", "young", "old", "curious", "nervous",
        "Catholic-school", "left-handed", "new", "former", "average", "typical", "ordinary", "famous", "lonely", "shy", "sad",
        "serious", "vegetarian", "single", "widowed", "middle-aged", "serving", "self-employed", "bilingual", "short",
    ),
    "bad": (
        "disgusting", "vile", "filthy", "stupid", "dumb", "idiotic", "worthless", "pathetic", "ugly", "evil", "horrible",
        "nasty", "repulsive", "shitty", "fucking", "lying", "dirty", "rotten", "gross", "moronic", "retarded", "awful",
        "despicable", "revolting", "lazy", "creepy", "sick", "inferior", "miserable", "terrible", "deplorable", "wretched",
        "brainless", "hateful", "vulgar", "low-life", "good-for-nothing", "foul", "crappy", "goddamn", "bloody", "hideous",
        "depraved", "perverted", "subhuman", "demented", "useless", "loathsome", "abhorrent", "barbaric", "greedy",
    ),
    "insult": (
        "idiot", "moron", "loser", "pig", "scumbag", "bastard", "asshole", "piece of shit", "piece of trash", "bitch", "freak",
        "jerk", "clown", "waste of space", "degenerate", "parasite", "imbecile", "dumbass", "cretin", "rat", "creep",
        "coward", "liar", "fool", "douchebag", "prick", "scum", "animal", "monster", "whore", "lowlife", "dog", "snake",
        "disgrace", "nutcase", "weirdo", "bigot", "brat", "hypocrite", "thug", "dipshit", "twat", "wanker", "pervert",
    ),
    "vermin": (
        "vermin", "scum", "animals", "parasites", "a disease", "a plague", "rats", "filth", "garbage", "trash", "subhuman",
        "savages", "cockroaches", "monsters", "a cancer on society", "a stain on this country", "the scum of the earth",
        "pigs", "dogs", "leeches", "monkeys", "demons", "maggots", "degenerates", "a waste of oxygen", "less than human",
        "worthless", "disgusting", "mentally ill freaks", "criminals by nature", "born liars", "rapists", "terrorists",
        "all thieves", "pathetic losers", "a bunch of idiots", "retards", "perverts", "bloodsuckers", "the enemy", "evil",
        "inferior to us", "genetically inferior", "too stupid to vote", "a burden on everyone", "an infestation", "abominations",
    ),
    "harm": (
        "shot", "killed", "hanged", "exterminated", "burned alive", "beaten up", "deported, every last one", "wiped out",
        "gassed", "locked in cages", "sterilized", "drowned", "rounded up", "eradicated", "thrown off a roof", "run over",
        "lynched", "put down like dogs", "tortured", "put against a wall", "slaughtered", "bombed", "stabbed", "whipped",
        "driven out with guns", "put in camps", "made to suffer", "castrated", "purged", "thrown in the sea",
    ),
    "attack": (
        "kill", "shoot", "murder", "hang", "beat up", "stab", "strangle", "burn", "exterminate", "punch", "destroy", "hurt",
        "get rid of", "wipe out", "gas", "drown", "slaughter", "smash the faces of", "slit the throats of", "attack", "hunt down",
    ),
    "feel": (
        "hate", "despise", "can't stand", "loathe", "detest", "am disgusted by", "am sick of", "want nothing to do with",
        "have no respect for", "fucking hate", "really hate", "truly despise", "spit on", "look down on", "am revolted by",
    ),
    "like": (
        "love", "admire", "respect", "really like", "support", "stand with", "am friends with", "enjoy talking to", "welcome",
        "care about", "work with", "grew up with", "am grateful to", "am proud of", "adore", "want to help", "believe in",
        "fight for the rights of", "trust", "have nothing against", "am happy for", "learned a lot from", "live among",
    ),
    "role": (
        "person", "neighbor", "teacher", "friend", "guy", "student", "doctor", "colleague", "writer", "nurse", "man", "woman",
        "kid", "driver", "reader", "politician", "soldier", "voter", "singer", "cook", "lawyer", "parent", "boss", "player",
        "tourist", "customer", "activist", "artist", "engineer", "farmer", "couple", "family", "judge", "senator", "actor",
    ),
    "kin": (
        "brother", "sister", "mother", "father", "best friend", "cousin", "boss", "roommate", "neighbor", "son", "daughter",
        "aunt", "uncle", "coworker", "husband", "wife", "teacher", "dentist", "boyfriend", "girlfriend", "grandfather",
    ),
    "place": (
        "this country", "our town", "Europe", "America", "our schools", "the army", "my neighborhood", "public office",
        "this forum", "our culture", "the government", "the media", "sports", "this city", "the workplace", "Hollywood",
    ),
    "opener": (
        "", "", "", "", "", "", "I think ", "Honestly, ", "In my opinion, ", "Let's be honest: ", "Everyone knows that ",
        "Just saying: ", "I'm sorry but ", "Fact: ", "Look, ", "Well, ", "As I said before, ", "Not gonna lie, ", "To me, ",
        "I believe that ", "You know, ", "lol ", "Wow, ", "Actually, ", "Sorry, ", "Remember: ", "No offense, but ",
    ),
    "closer": (
        "", "", "", "", "", "", "", ".", ".", ".", "!", "!!!", " lol", ", period.", ". That's how I see it.", " and that's that.",
        ". End of story.", ", no doubt about it.", " tbh", ". Sad but true.", ". Deal with it.", ", don't you think?", " :)",
        ". Thanks for reading.", ". What do you think?", ". Just my two cents.", "...",
    ),
}
