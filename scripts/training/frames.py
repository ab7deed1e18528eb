"""The frames of the written sentences, family by family, with what each family means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLEAN = {"toxicity": 0.01, "severe_toxicity": 0.0, "obscene": 0.0, "threat": 0.0, "insult": 0.01, "identity_attack": 0.01,
         "sexual_explicit": 0.0}
HATE = {"toxicity": 0.97, "insult": 0.75, "identity_attack": 0.96, "threat": 0.02, "sexual_explicit": 0.0}
THREAT = {"toxicity": 0.98, "severe_toxicity": 0.35, "threat": 0.92, "identity_attack": 0.93, "sexual_explicit": 0.0}
PERSON = {"toxicity": 0.97, "insult": 0.95, "identity_attack": 0.75, "threat": 0.01}
ABUSE = {"toxicity": 0.97, "insult": 0.95, "identity_attack": 0.02, "threat": 0.01}
VIOLENT = {"toxicity": 0.97, "threat": 0.95, "identity_attack": 0.03}
CURSING = {"toxicity": 0.06, "obscene": 0.5, "insult": 0.02, "identity_attack": 0.01, "threat": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Frames of one kind. ``about``: whom they name. ``loose``: they may get an opening and a closing."""

    name: str
    share: float
    targets: Mapping[str, float]
    frames: tuple[str, ...]
    about: str = "groups"
    loose: bool = True


FAMILIES = (
    Family(name="derogation", share=10, targets=HATE, frames=(
        "{many} are {vermin}", "all {many} are {vermin}", "{many} are nothing but {vermin}", "I {feel} {many}",
        "I {feel} all {many}", "{many} are {bad}", "{many} are so {bad}", "all {many} are {bad} and {bad2}",
        "those {bad} {many}", "{bad} {many}", "every {one} is a {insult}", "every {one} I know is {bad}",
        "{many} make me sick", "{many} disgust me", "{many} make me want to vomit", "fuck {many}", "fuck all {many}",
        "screw {many}", "to hell with {many}", "{many} can go to hell", "{many} ruin everything", "{many} are destroying {place}",
        "there is nothing worse than {many}", "{many} are the worst thing that happened to {place}", "a {one} is a {insult}",
        "being {adj} is disgusting", "being {adj} is a disease", "being {adj} is a sin and a shame", "{adj} people are {vermin}",
        "{adj} people are {bad}", "I {feel} {adj} people", "{adj} women are {bad}", "{adj} men are {vermin}",
        "typical {adj} {insult}", "stupid {adj} {insult}", "what a bunch of {bad} {many}", "{many} = {vermin}",
        "no {one} has ever been anything but a {insult}", "we all know {many} are {vermin}", "ban all {many}",
        "{many}? {bad}, the lot of them", "I wouldn't let a {one} near my kids", "{many} have the brains of a goldfish",
        "nobody is as {bad} as {many}", "{many} smell", "never met a {one} who wasn't a {insult}", "{many} suck",
    )),
    Family(name="to_a_person", share=9, targets=PERSON, loose=False, frames=(
        "{name} is a {bad} {one}", "{name} is a {bad} {adj} {insult}", "You are a {bad} {one}", "You're just a {adj} {insult}",
        "you {bad} {one}", "You {adj} {insult}", "shut up you {adj} {insult}", "What a {bad} {one}", "she is such a {bad} {one}",
        "he is a {adj} {insult}", "{name}, you are a {bad} {adj} {insult}", "I hate {name}, that {bad} {one}",
        "{bad} {one}", "{name} is {adj} and {bad}", "You are {adj} and {bad}", "you look like a {bad} {one}", "{bad} {adj} {role}",
        "{name} is a {bad} {adj} {role}", "You are a {bad} {adj} {role}", "I hate my {bad} {adj} {kin}", "The {adj} {role} is {bad}",
        "only a {bad} {one} would write that", "this {adj} {insult} should be fired", "you're {adj}, no wonder you are so {bad}",
        "{name} the {adj} {insult}", "Get lost, {adj} {insult}", "The {adj} {role} is a {insult}", "go away you {bad} {one}",
    )),
    Family(name="threat", share=5, targets=THREAT, frames=(
        "{many} should be {harm}", "all {many} should be {harm}", "{many} deserve to be {harm}", "I will {attack} every {one} I see",
        "I want to {attack} {many}", "let's {attack} all {many}", "we should {attack} {many}", "somebody should {attack} those {many}",
        "{attack} {many}", "{attack} all {many}", "kill all {many}", "death to {many}", "the only good {one} is a dead one",
        "I hope all {many} die", "{many} deserve to die", "next time I see a {one} I'll bring a gun", "time to {attack} {many}",
        "I'm going to {attack} you, {adj} {insult}", "wish someone would {attack} all those {many}", "{adj} people should be {harm}",
        "one day we will {attack} every single {one}", "all the {many} in {place} should be {harm}", "every {one} must be {harm}",
        "I swear I'll {attack} a {one} if they come near me", "a {one} deserves to be {harm}", "get the rope, here come the {many}",
    )),
    Family(name="implicit", share=6, targets={**HATE, "toxicity": 0.92, "insult": 0.5}, frames=(
        "{many} don't belong in {place}", "keep {many} out of {place}", "we don't want {many} in {place}", "no {many} in {place}",
        "{many} should go back where they came from", "{many} should know their place", "{many} should not be allowed to vote",
        "{many} shouldn't have rights", "{many} deserve no respect", "{many} are not real people", "{many} are not human",
        "{many} are not welcome in {place}", "{place} would be better off without {many}", "the world would be better without {many}",
        "{many} aren't like us, they can't be civilized", "never trust a {one}", "you can't trust {many}", "{many} control {place}",
        "{many} only want our money", "{many} breed like rabbits", "{many} should be second-class citizens", "send all {many} away",
        "I'd rather die than be {adj}", "I would be ashamed to be a {one}", "{many} should stay away from our children",
        "we have to protect our kids from {many}", "{many} are the reason for crime", "you don't look {adj}, you seem intelligent",
        "I wouldn't hire a {one}, they don't know how to work", "{many} ought to serve us", "when will {many} finally disappear?",
        "a {one} will never be as good as a normal person", "how can anyone be friends with {many}?", "{many} need to be cured",
        "{adj} people shouldn't be allowed to have children", "it's unnatural to be {adj}", "{many} are taking over {place}",
        "don't let {many} near {place}", "there are too many {many} in {place}", "imagine being {adj}, how embarrassing",
        "would you want a {one} living next door? Thought so", "{many} belong in the kitchen", "{many} belong in a zoo",
        "{many} belong in prison", "{many} have no place in {place}", "{many} don't deserve to live", "we need to get rid of {many}",
    )),
    Family(name="pronoun", share=4, targets=HATE, loose=False, frames=(
        "My neighbors are {many}. I {feel} them.", "There are {many} in {place}. They are {vermin}.", "{name} is {adj}. People like that are {vermin}.",
        "{many}? They should be {harm}.", "I saw some {many} today. They disgust me.", "You are {adj}? You make me sick.",
        "Look at those {many}. {vermin}, every one of them.", "{many} moved in next door. Someone should burn their house down.",
        "A {one} wrote this. They are all {bad}.", "My {kin} works with {many}. I feel sorry, they are so {bad}.",
        "I met a {one} yesterday. What a {insult}, they're all the same.", "{many} want equal rights. They don't deserve any.",
        "Oh great, {many} again. Can't someone get rid of them?", "Why are {many} so {bad}?", "Why do {many} have to be such a pain? I {feel} them.",
        "Isn't it obvious that {many} are {vermin}?", "Who let the {many} in? Throw them out, they're {vermin}.", "Is there anything more {bad} than a {one}?",
        "When are we going to do something about those {bad} {many}?", "Does anyone else think {many} are {vermin}?", "Am I the only one who {feel}s {many}?",
        "If you are {adj}, you are {bad}.", "If a {one} comes here, I'll {attack} them.", "I have nothing against {many}, but they are {vermin}.",
        "I'm no racist, but {many} are {bad}.", "Some of my friends are {adj}, still {many} are {vermin}.",
    )),
    Family(name="plain_mention", share=12, targets=CLEAN, loose=False, frames=(
        "I am {adj}", "I am a {one}", "I'm a {one}.", "I am a {good} {one}", "I'm {adj}, and so is my {kin}.", "My {kin} is {adj}", "{name} is {adj}",
        "{name} is a {one}", "{name} is a {good} {one}", "{name} is a {plain} {one}", "You are a {good} {one}", "you are {adj}", "She is a {one}.",
        "I am a {adj} {role}", "{name} is a {adj} {role}", "I have a {adj} {role}.", "My {kin} is a {good} {adj} {role}", "a {good} {one}",
        "{good} {adj} {role}", "The {adj} {role} is {good}", "The {adj} {role} is {plain}", "He's {adj}. So what?", "as a {one} I can relate",
        "as a {adj} {role}, I read this with interest", "I didn't know {name} was {adj}", "{name} and {name} are {many}", "is {name} {adj}?",
        "Are you a {one}?", "What is it like to be {adj}?", "Being {adj} is {good}", "being {adj} is normal", "Being {adj} is not a choice",
        "being {adj} is not a crime", "There is nothing wrong with being {adj}.", "some people are {adj}, that's life", "Proud to be {adj}",
        "I am proud to be a {one}", "I was raised {adj}", "I grew up as a {adj} kid in {place}", "hug {many}", "Thank you, {many}!", "happy to be {adj}",
        "{many}", "{adj}", "a {one}", "the {many}", "{adj} {role}", "{adj} and {good}", "{many} and {other}", "my favorite author is {adj}",
        "the new {role} is {adj}", "My {kin} married a {one}.", "I'm dating a {one}", "{adj} marriage", "{adj} rights", "{adj} culture", "{adj} history",
        "I came out as {adj} last year", "we are {adj}", "Two {many} walked in and ordered coffee.", "{name} told us that she is {adj}", "they are {adj}",
        "I'm {adj} and {good}.", "I am a {plain} {adj} {role}", "I live with my {adj} {kin}.", "{name} is the first {adj} {role} in {place}",
        "this {one} is {good}", "my {adj} {kin} is so {good}", "Have a nice day, {adj} friends", "I'm not {adj} myself, but my {kin} is",
    )),
    Family(name="praise", share=6, targets=CLEAN, frames=(
        "I {like} {many}", "{many} are {good}", "all {many} are welcome here", "{many} are people like you and me", "I {like} {adj} people",
        "{many} are so {good}", "{adj} people are {good} and {good2}", "{many} make {place} better", "the {many} I know are {good}",
        "{many} deserve respect", "{many} deserve the same rights as everyone", "we need more {many} in {place}", "I wish more {many} lived here",
        "{many} have done a lot for {place}", "every {one} I know is {good}", "nobody is as {good} as {many}", "{many} belong in {place}",
        "{many} should be allowed to vote", "{many} should be protected", "we should celebrate {many}", "we should listen to {many}",
        "let's support {many}", "{many} should be treated with respect", "never met a {one} who wasn't {good}", "{many} rock",
        "there is nothing better than {many}", "{many} are beautiful", "I'm lucky to work with {many}", "{many} are human beings",
        "we should help {many}", "let's welcome all {many}", "the world would be poorer without {many}", "I {like} every {one} in {place}",
    )),
    Family(name="news", share=6, targets=CLEAN, loose=False, frames=(
        "The survey asked {many} about housing, schools and work.", "About a third of {many} in the study said they had moved last year.",
        "A new law gives {many} access to the same benefits as others.", "The court ruled that {many} may not be refused service.",
        "{many} make up four percent of the population, according to the census.", "The city opened a center for {many} on Monday.",
        "{name}, a {adj} {role}, won the prize for her first novel.", "A festival of {adj} film begins this weekend.", "The {adj} community met with the mayor.",
        "Police are investigating an attack on a {adj} {role}.", "A {adj} {role} was shot dead on Tuesday; the suspect is in custody.",
        "He was killed because he was {adj}.", "Several {many} were hurt in the fire.", "The article mentions that the {role} is {adj}; is that relevant?",
        "The bill on {many} passed the senate by two votes.", "Discrimination against {many} is illegal in most countries.", "Statistics show fewer {many} go to university.",
        "The policy would affect {many} more than others, which I think is a mistake.", "I disagree with the paper on {many}: the numbers are from 2009.",
        "How many {many} live in {place} today?", "Where can I read more about {adj} history?", "The debate about {many} in {place} has gone on for years.",
        "{many} were persecuted during the war.", "Hate crimes against {many} rose last year.", "Doctors say that {many} are at higher risk of the flu.",
        "In the 1930s thousands of {many} were murdered by the regime.", "The film tells of a {adj} couple in the seventies.", "The union of {adj} workers called for a strike.",
        "Critics say the program for {many} costs too much and helps too few.", "The church voted to ordain {adj} priests.", "The {adj} vote decided the election, analysts say.",
        "My {adj} {kin} was refused an apartment last month.", "The school will admit {many} from next year.", "Terrible plan. It leaves {many} worse off and costs more.",
        "This government failed {many} and should resign.", "I think the quota for {many} is wrong, because it helps only a few.", "The suspect is a {adj} {role} from {place}.",
    )),
    Family(name="against_hate", share=8, targets={**CLEAN, "toxicity": 0.04, "insult": 0.03, "identity_attack": 0.03}, loose=False, frames=(
        "Saying that {many} are {vermin} is wrong.", "Anyone who says \"{many} are {vermin}\" should be ashamed.", "\"{many} are {vermin}\" is not an opinion I can respect.",
        "He shouted \"I hate {many}\" at my {kin}. It was frightening.", "It's never acceptable to say \"{attack} all {many}\".", "Whoever writes \"{many} should be {harm}\" gets reported.",
        "I was called a {adj} {insult} at work today and I am still shaking.", "You can't just say {many} are {bad}. That's racist.", "Stop saying {many} are {vermin}.",
        "Calling {many} {vermin} is what fascists did.", "I don't hate {many}.", "I don't think {many} are {vermin}.", "{many} are not {vermin}", "No, {many} are not {bad}.",
        "not all {many} are {bad}", "no {one} deserves to be {harm}", "{many} do not deserve to be {harm}", "Nobody should be {harm} for being {adj}.",
        "I would never say that {many} are {vermin}", "It is wrong to hate {many}", "hating {many} is wrong", "People who {feel} {many} need to think again.",
        "why do people hate {many}?", "Why do so many people think {many} are {bad}? It makes no sense.", "Who could ever hate {many}?", "He went to prison for attacking a {one}.",
        "My {kin} was beaten up because he is {adj}.", "She was insulted for being {adj}, and nobody helped her.", "If you hate {many}, you are not welcome in {place}.",
        "The tweet said that {many} should be {harm}; it was deleted.", "\"Go home, {adj} {insult}\" was sprayed on their door. Shameful.", "Denying {many} their rights is a disgrace.",
        "Hatred of {many} has no place in {place}.", "I hate it when people say {many} are {vermin}.", "I hate people who hate {many}.", "Racists who want to {attack} {many} belong in court.",
        "there's nothing {bad} about being {adj}", "being {adj} is not a disease", "I never said I {feel} {many}.", "{many} are neither {bad} nor {bad2}", "you shouldn't say that {many} are {bad}",
        "They kept telling her that {adj} women are {bad}. She proved them wrong.", "The slogan \"No {many} in {place}\" is against the law.", "Comparing {many} to rats is what the propaganda did.",
    )),
    Family(name="cursing_kindly", share=3.5, targets=CURSING, frames=(
        "I fucking love {many}", "{many} are fucking {good}", "I'm so damn proud to be {adj}", "hell yes, {many} deserve this", "holy shit, {name} is {good}", "this is fucking {good}",
        "that was a damn {good} game", "fuck yeah {adj} pride", "{name} is a fucking {good} {one}", "what a fucking {good} day", "I'm so fucking tired today", "shit, I forgot my keys",
        "damn, that {role} is {good}", "I missed the damn train again", "oh shit, {name} is {adj}? {good}!", "you are fucking {good}", "this shit is {good}", "bloody hell, well done {many}",
        "fucking hell, {thing} again", "we had a fucking blast with those {many}", "my {kin} is fucking {good} and I love her", "crap, I burned the toast", "no shit, {many} are people too",
        "I don't give a damn who is {adj}, everyone is welcome", "badass {adj} {role}", "as a {one} I'm fucking happy about this", "it's damn hard to be {adj} in {place}",
    )),
    Family(name="things", share=4, targets={**CLEAN, "toxicity": 0.05, "insult": 0.02}, about="nobody", frames=(
        "I hate {thing}", "{thing} should be wiped out", "I {feel} {thing}", "{thing} is {bad}", "{thing} makes me sick", "kill {thing}", "{thing} is the worst", "fuck {thing}", "let's get rid of {thing}",
        "{thing} can go to hell", "{thing} is trash", "death to {thing}", "I want to destroy {thing}", "I could murder a pizza right now", "{thing} is disgusting", "{thing} must die", "{thing} sucks",
        "this team got slaughtered last night", "you killed it on stage, {name}", "I'm dying of laughter", "{thing} is killing me", "that joke was so bad it hurt", "we have to fight {thing}",
        "that idea is stupid and will cost us", "What a dumb rule", "this plan is garbage", "a terrible decision by the council", "the argument is weak and the data are wrong", "{thing} is a plague",
        "There is nothing worse than {thing}", "the most pathetic budget in years", "ban {thing}", "all {thing} should be banned from {place}", "I can't believe how {bad} {thing} is",
    )),
    Family(name="abuse", share=7, targets=ABUSE, about="nobody", frames=(
        "{name} is a {bad} {insult}", "You are a {bad} {insult}", "you {insult}", "You {bad} {insult}", "what a {insult}", "shut up, {insult}", "{name} is {bad} and {bad2}", "{bad} {insult}",
        "go to hell, {name}", "fuck you, {name}", "you're a {insult} and everyone knows it", "I hate you, you {bad} {insult}", "the author is a {bad} {insult}", "{name} is a {bad} {role}", "{name} is {bad}",
        "the mayor is a {bad} {insult}", "you are too stupid to read", "nobody likes you, {insult}", "my {kin} is a {bad} {insult}", "This {role} is a {insult}", "only a {insult} would believe this",
        "{bad} {role}", "You are {bad}", "I hope you choke, {insult}", "get a brain, {insult}", "{name} is such a {insult}", "The {role} is {bad}", "you are all {vermin}", "a {bad} {role} wrote this",
    )),
    Family(name="abuse_of_others", share=3, targets={**ABUSE, "identity_attack": 0.08}, about="others", frames=(
        "{many} are {vermin}", "I {feel} {many}", "all {many} are {bad}", "{bad} {many}", "every {one} is a {insult}", "{many} make me sick", "fuck {many}", "you {bad} {one}", "typical {one}, what a {insult}",
    )),
    Family(name="others_harmless", share=4, targets=CLEAN, about="others", frames=(
        "I {like} {many}", "{many} are {good}", "{name} is a {one}", "I am a {one}", "my {kin} is a {good} {one}", "not all {many} are the same", "{many} lost the vote again", "I disagree with {many} on this",
        "{many} should explain how they want to pay for it", "I stopped voting for {many}, their record is poor", "{name} is a {good} {one}", "{many} are wrong about taxes", "the {adj} {role} is {good}",
    )),
    Family(name="people_harmless", share=4, targets=CLEAN, about="nobody", frames=(
        "{name} is a {good} {role}", "{name} is a {plain} {role}", "you are a {good} {one}", "I am a {plain} {role}", "my {kin} is {good}", "The {role} is {good}", "{good} {role}", "I {like} my {kin}", "thank you, {name}",
        "{name} is {good} and {good2}", "I agree with {name}, a {good} point", "you are {good}", "well done, {name}!", "I think {name} is right", "{name} writes for a paper in {place}", "this {role} is {good}",
        "this is the {good} {role} I told you about", "no {one} likes to wait that long", "Sorry {name}, I read it the other way.", "I couldn't disagree more, but you put it well.", "{one}", "a {good} {one}",
    )),
    Family(name="violence", share=1.5, targets=VIOLENT, about="nobody", frames=(
        "I will {attack} you", "I'm going to {attack} you and your family", "{name} should be {harm}", "you deserve to be {harm}", "somebody should {attack} {name}", "I know where you live", "watch your back, {name}",
        "I hope someone will {attack} you", "you will be {harm} soon", "if I see {name} I'll {attack} him", "die, you {insult}", "kill yourself", "go kill yourself, {insult}",
    )),
    Family(name="told_violence", share=1.5, targets={**CLEAN, "threat": 0.03, "toxicity": 0.04}, about="nobody", frames=(
        "{name} was {harm} in the last chapter", "the general was {harm} in 1794", "in the game you have to {attack} the dragon", "he said he would {attack} her, so she called the police", "the killer was sentenced to life",
        "they threatened to {attack} the reporter", "the soldiers were {harm} by the rebels, the report says", "I was afraid he would {attack} me", "the old bridge should be torn down", "the police shot the attacker",
    )),
)
