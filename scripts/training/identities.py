"""Names of groups of people, in the forms that sentences need. Neutral and in-group words; no slurs.

``PEOPLE``: (adjective, singular noun, plural noun); a form that English lacks is "".
"""

from __future__ import annotations

PEOPLE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "orientation": (
        ("gay", "gay man", "gays"), ("gay", "gay person", "gay people"), ("lesbian", "lesbian", "lesbians"),
        ("bisexual", "bisexual", "bisexuals"), ("queer", "queer person", "queer people"),
        ("homosexual", "homosexual", "homosexuals"), ("heterosexual", "heterosexual", "heterosexuals"),
        ("straight", "straight person", "straight people"), ("lgbt", "lgbt person", "LGBT people"),
        ("lgbtq", "lgbtq person", "LGBTQ people"), ("asexual", "asexual person", "asexual people"),
        ("pansexual", "pansexual person", "pansexuals"), ("same-sex", "member of a same-sex couple", "same-sex couples"),
        ("bi", "bi person", "bi people"), ("gay", "gay guy", "gay men"),
    ),
    "gender": (
        ("female", "woman", "women"), ("male", "man", "men"), ("transgender", "transgender person", "transgender people"),
        ("trans", "trans woman", "trans women"), ("trans", "trans man", "trans men"), ("trans", "trans person", "trans people"),
        ("nonbinary", "nonbinary person", "nonbinary people"), ("non-binary", "enby", "enbies"),
        ("intersex", "intersex person", "intersex people"), ("female", "girl", "girls"), ("male", "boy", "boys"),
        ("feminine", "lady", "ladies"), ("feminist", "feminist", "feminists"), ("female", "mother", "mothers"),
        ("male", "father", "fathers"), ("cis", "cis person", "cis people"), ("cisgender", "cisgender man", "cisgender men"),
        ("transsexual", "transsexual", "transsexuals"), ("female", "housewife", "housewives"),
    ),
    "religion": (
        ("Muslim", "Muslim", "Muslims"), ("Islamic", "follower of Islam", "followers of Islam"), ("Jewish", "Jew", "Jews"),
        ("Jewish", "Jewish person", "Jewish people"), ("Christian", "Christian", "Christians"),
        ("Catholic", "Catholic", "Catholics"), ("Hindu", "Hindu", "Hindus"), ("Buddhist", "Buddhist", "Buddhists"),
        ("Sikh", "Sikh", "Sikhs"), ("atheist", "atheist", "atheists"), ("Protestant", "Protestant", "Protestants"),
        ("Mormon", "Mormon", "Mormons"), ("evangelical", "evangelical", "evangelicals"), ("Shia", "Shia", "Shiites"),
        ("Sunni", "Sunni", "Sunnis"), ("orthodox", "Orthodox Jew", "Orthodox Jews"), ("taoist", "taoist", "taoists"),
        ("religious", "believer", "believers"), ("pagan", "pagan", "pagans"), ("agnostic", "agnostic", "agnostics"),
        ("Israeli", "Israeli", "Israelis"),
    ),
    "race": (
        ("black", "black person", "black people"), ("black", "black man", "black men"), ("black", "black woman", "blacks"),
        ("African American", "African American", "African Americans"), ("white", "white person", "white people"),
        ("white", "white man", "whites"), ("Asian", "Asian", "Asians"), ("Asian", "Asian person", "Asian people"),
        ("Latino", "Latino", "Latinos"), ("Latina", "Latina", "Latinas"), ("Latinx", "Latinx person", "Latinx people"),
        ("Hispanic", "Hispanic", "Hispanics"), ("Native American", "Native American", "Native Americans"),
        ("indigenous", "indigenous person", "indigenous people"), ("biracial", "biracial person", "biracial people"),
        ("mixed-race", "mixed-race person", "mixed-race people"), ("brown", "brown person", "brown people"),
        ("Arab", "Arab", "Arabs"), ("Middle Eastern", "Middle Easterner", "Middle Easterners"), ("Roma", "Roma", "Roma"),
        ("Romani", "gypsy", "gypsies"), ("colored", "person of color", "people of color"), ("African", "African", "Africans"),
        ("Aboriginal", "Aboriginal Australian", "Aboriginal Australians"), ("Inuit", "Inuit", "Inuits"),
        ("Caucasian", "Caucasian", "Caucasians"), ("minority", "member of a minority", "minorities"),
    ),
    "nationality": (
        ("Mexican", "Mexican", "Mexicans"), ("Chinese", "Chinese person", "Chinese people"), ("Indian", "Indian", "Indians"),
        ("Pakistani", "Pakistani", "Pakistanis"), ("American", "American", "Americans"), ("Canadian", "Canadian", "Canadians"),
        ("European", "European", "Europeans"), ("Japanese", "Japanese person", "Japanese people"),
        ("Russian", "Russian", "Russians"), ("Polish", "Pole", "Poles"), ("Irish", "Irishman", "Irish people"),
        ("Turkish", "Turk", "Turks"), ("Syrian", "Syrian", "Syrians"), ("Nigerian", "Nigerian", "Nigerians"),
        ("Somali", "Somali", "Somalis"), ("German", "German", "Germans"), ("French", "Frenchman", "French people"),
        ("Palestinian", "Palestinian", "Palestinians"), ("Korean", "Korean", "Koreans"), ("Cuban", "Cuban", "Cubans"),
        ("foreign", "immigrant", "immigrants"), ("foreign", "refugee", "refugees"), ("foreign", "foreigner", "foreigners"),
        ("migrant", "migrant", "migrants"), ("undocumented", "undocumented immigrant", "undocumented immigrants"),
        ("foreign", "asylum seeker", "asylum seekers"), ("Romanian", "Romanian", "Romanians"), ("British", "Brit", "Brits"),
        ("Vietnamese", "Vietnamese person", "Vietnamese people"), ("Filipino", "Filipino", "Filipinos"),
        ("Iranian", "Iranian", "Iranians"), ("Afghan", "Afghan", "Afghans"), ("Haitian", "Haitian", "Haitians"),
        ("Italian", "Italian", "Italians"), ("Spanish", "Spaniard", "Spaniards"), ("Ukrainian", "Ukrainian", "Ukrainians"),
    ),
    "disability": (
        ("disabled", "disabled person", "disabled people"), ("deaf", "deaf person", "deaf people"),
        ("blind", "blind person", "blind people"), ("autistic", "autistic person", "autistic people"),
        ("paralyzed", "paralyzed person", "paralyzed people"), ("handicapped", "handicapped person", "the handicapped"),
        ("mentally ill", "mentally ill person", "mentally ill people"), ("epileptic", "epileptic", "epileptics"),
        ("bipolar", "bipolar person", "people with bipolar disorder"), ("wheelchair-using", "wheelchair user", "wheelchair users"),
        ("depressed", "person with depression", "people with depression"), ("dyslexic", "dyslexic person", "dyslexics"),
        ("schizophrenic", "person with schizophrenia", "schizophrenics"), ("diabetic", "diabetic", "diabetics"),
        ("physically disabled", "amputee", "amputees"), ("disabled", "person with Down syndrome", "people with Down syndrome"),
        ("disabled", "person with a disability", "people with disabilities"), ("neurodivergent", "autistic kid", "autistic kids"),
    ),
    "age": (
        ("old", "old person", "old people"), ("elderly", "pensioner", "the elderly"), ("young", "young person", "young people"),
        ("teenage", "teenager", "teenagers"), ("older", "older person", "older people"), ("younger", "millennial", "millennials"),
        ("middle-aged", "middle-aged person", "middle-aged people"), ("boomer", "boomer", "boomers"),
        ("aging", "senior citizen", "seniors"), ("gen z", "zoomer", "zoomers"), ("80-year-old", "grandmother", "grandparents"),
    ),
    "body and means": (
        ("fat", "fat person", "fat people"), ("homeless", "homeless person", "homeless people"),
        ("poor", "poor person", "poor people"), ("short", "short guy", "short people"), ("obese", "obese person", "obese people"),
        ("working-class", "working-class person", "working-class people"), ("rich", "rich person", "rich people"),
    ),
}
"""The groups that templates name; a few are no protected group, but are insulted as one."""

OTHERS = (
    ("liberal", "liberal", "liberals"), ("conservative", "conservative", "conservatives"),
    ("Republican", "Republican", "Republicans"), ("Democratic", "Democrat", "Democrats"),
    ("local", "politician", "politicians"), ("corporate", "banker", "bankers"), ("legal", "lawyer", "lawyers"),
    ("local", "journalist", "journalists"), ("vegan", "vegan", "vegans"), ("tall", "football fan", "football fans"),
    ("local", "landlord", "landlords"), ("local", "driver", "drivers"), ("local", "teacher", "teachers"),
    ("left-handed", "cyclist", "cyclists"), ("communist", "communist", "communists"), ("rich", "capitalist", "capitalists"),
    ("local", "doctor", "doctors"), ("local", "cop", "cops"), ("local", "artist", "artists"), ("local", "nurse", "nurses"),
)
"""People whom nobody is born or baptised as: insulting them is toxic, but no attack on an identity."""

OBJECTS = (
    "traffic", "spam", "this printer", "the weather", "potholes", "cockroaches", "mosquitoes", "weeds", "taxes", "my old car",
    "this phone", "Mondays", "pineapple on pizza", "broccoli", "spiders", "the flu", "cancer", "wasps", "this movie",
    "this software", "bad coffee", "plastic packaging", "the new update", "these jeans", "oatmeal", "loud music", "homework",
    "airport queues", "mould", "rats in the cellar", "the offside rule", "this stadium", "concrete", "the new logo",
)
"""What may be hated, killed and cursed without harm to anyone."""

FIRST_NAMES = (
    "John", "Mary", "Ahmed", "Maria", "Wei", "Priya", "Jamal", "Olga", "Chris", "Alex", "Fatima", "Carlos", "Emma", "David",
    "Sarah", "Yusuf", "Anna", "Michael", "Linda", "Kofi", "Hannah", "Igor", "Lucia", "Tom", "Keisha", "Raj", "Sofia", "Ben",
    "Grace", "Omar", "Nina", "Paul", "Mei", "Diego", "Ruth", "Sam", "Ivan", "Leila", "Mark", "Julia", "Robin", "Kim", "Jordan",
)
