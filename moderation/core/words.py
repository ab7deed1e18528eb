"""English words, the commonest first, and abusive ones: what a disguised word is recognised by.

Counted in public comments (Wikipedia talk pages, news comments, forums). Vile words are here because disguise is mostly
put on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# ruff: noqa: SIM905 - words are read better in lines than in a list

COMMON = tuple(
    """ai am an as at be by do go he hi if in is it me my no of oh on or so to up us we the and you that for this not
are have with but your was what can like all they just from about there one article will don has who would
people more page out some how when should get think been because any know see other please here their why only
them his which bitch now also time then being even than did these good make were want well way right does had
say really could much need very use too edit its where thanks may into those first over such most fuck going
back still many same take look again articles him new made someone never our stupid off after something said got
she before find her own stop work shit since let another point utc read name user better thing thank used
information actually two doesn anything sure help nothing trump fact fucking while little without things put
world editing person every down believe feel life give keep didn anyone years might ass source man done come
comment real sources section reason wrong ever both pages discussion add best mean day trying comments free
though already bad long seems against isn part problem history last place doing yourself post under always
change hope around using case however try removed yes making deleted must understand great enough probably
blocked else left link few added maybe tell lot agree list white old thought others sorry called pussy question
far love makes either having least state yet content saying getting rather personal through says big call ask
different idiot show true year issue hate note block needs found instead care support everyone leave etc word
until above matter editors country remove simply non guy once won kind bit seem between whole continue times
start example policy away opinion idea end next less seen course money pretty hard hey clearly given war news
means quite original welcome check talking top perhaps links correct reference site words yeah based american
black everything message live government subject hello questions mind looking important text cannot write media
clear today editor days guess sense hell full each number image god public created trash school second states
self english evidence stuff possible women view written facts whether adding account consider users happy high
reliable ago mention further claim political looks nice references group job three term current started dumb
remember considered several issues move especially myself attack watch book encyclopedia wasn racist request
anyway themselves damn able title completely following gay head anti aren whatever statement general main
including obviously reverted known wanted website exactly research truth consensus line contributions become
cause party power game came almost taking taken single wish unless president idiots version working dick side
kill suggest regarding material america ignorant during fair notice told changes men wouldn guys language common
gets suck certainly took include past rules face run info later order law mentioned answer went create story
stay family related fine changed itself human future provide community entire system crap comes explain reading
vote review tried learn tag calling although saw ain goes due sex topic soon writing within likely home play
address seriously wrote city death house small pay recent internet notable haven date children picture asked
specific rest along banned response report style deal alone hand piece himself per wait often currently posted
heard appropriate interest ones type living relevant included problems nor project happened poor according open
similar interested position appears die coming follow images allowed argument business listed actual involved
lost template wants sentence four otherwise claims shows interesting simple thinking friends discuss reasons set
act class dead pathetic complete week gonna sign warning therefore sort funny nonsense useful needed gone girl
certain false removing attacks ridiculous woman wonder control happen video form serious kids major below
neutral attention shut half works policies together obvious guidelines nobody indeed lead names process friend
sad social bring bunch absolutely liberal rule obama faith quote asshole level ban fun google points respect
appreciate criteria except speedy national apparently longer knows sub joke edited sounds official shouldn fix
canada disagree doubt summary gave noticed short particular large recently regards wow none rights terms posts
hear eat knowledge stand giving usually couple exist united company action difference sometimes worth cut status
search behind months close situation reply hours speak context civil fat stupidity fool copyright books hit
generally worked boy present okay police personally lack politics supposed mother totally easy aware published
dude web bullshit thus area asking third proof actions outside moved lies turn views literally society team
night result assume crazy majority avoid attempt cheers child appear couldn accept young enjoy red finally
stated low proper definitely multiple sick chance expect americans meant youtube fight worse middle entry
definition killed culture opinions basically straight posting paragraph countries available reality contact
previous twitter tax sound fake members putting special gives john allow legal office provided necessary loser
test various takes across science british south million upon early realize author huge placed light standard
silly telling race body born knew music period thinks five category creating improve anymore nazi copy prove
debate decide lie online record experience buy biased lives valid contributing accurate changing behavior
meaning troll cool figure among wing son addition looked explanation glad military dispute total happens
administrator lying ugly break running cited mine unfortunately evil hold description seeing wanna jews earth
decided ways sites election statements send specifically space somebody abuse cite truly quality neither listen
refer easily series ignore meet front purpose bill towards pro bias directly conflict entirely theory dog yours
playing games month accepted trust numbers mostly save beyond file imagine age basic email bet girls possibly
paid movie win box uses sourced stick details mistake groups film amount north despite religion willing folks
liar baby moment force blocking worst strong citation band ahead data character university particularly local
member choice advice religious fire share sent significant service liberals nation cases linked thread earlier
church understanding waste food decision highly garbage hillary king separate respond muslim christian nature
historical speech modern watching places crime mad dear population individual difficult messages citations
campaign press gotta described russian contribute sucks violation brain failed helpful july deserve court
concerned china europe illegal shot brought arguments water gun forget college former jesus merely private field
fucked usa value luck effort health lose wife march killing late popular fit admit irrelevant considering ideas
chinese song explaining uploaded mouth clinton sections trouble muslims international disgusting forward laws
pass direct proposed release concerns hands via final excuse somewhere voted argue criticism step weeks computer
standards ill background near fan external named basis car higher cover land german sexual extremely spend
immediately access reported starting honestly west regardless kid propaganda april incorrect examples education
kept photo pictures speaking removal effect protect august eyes everybody showing minor lots clean automatically
racism bird tagged administrators wondering accounts russia existing reasonable normal died drop june sock
choose useless air democrats properly shown parents israel republican conservative ignorance acceptable events
jerk acting throw likes bottom blame apply leaving whose hot club room size beat event plus penis somehow
anywhere agenda quick india negative donald rich paper fully error heart color missing turned surprised
discussed primary star describe archive organization freedom results fall finding moving plan cock grow readers
thousands mar female anybody wars companies century mental referring east street hurt types became tags
scientific perfect january wit republicans violence logic exact rape fools hopefully male movement required
jewish taxes board agreed mom quit keeping david felt bout confused tired double practice western fellow parts
fixed town reader mass independent exists study held supporting prefer received canadian biggest thoughts noted
played random beginning bot return french supported focus join count phone manual father defend pick shame offer
building helping explained indicate discussing fear murder claimed feeling inclusion jobs offensive suggested
table typical september european claiming mess blue belong spent easier contest drive federal besides honest
zero criminal protected concept keeps eye mail super dirty minutes suppose legitimate shoot elected waiting
plenty detail afraid december importance peace lists calls produce prevent islam york manner bother repeatedly
mark surely deep concern blood lets inappropriate alternative hole build foreign ready positive fighting tho
citizens october dare cares voice established requesting proven ground flag suggestion referenced discussions
warring suspect unsigned border weird intended remain safe active art november program drama rock yellow voting
preceding paying cost wall hitler perfectly eventually checking presented smart lower conspiracy appreciated
factual episode caused quickly conversation shall famous characters released nearly previously brown matters
limited worry experiment weight areas angry met ability army daily role accused corrupt click includes solution
indian controversial authority germany responsible sit weak existence attitude whom pure hasn broke miss closed
solid average millions morning featured threat code knowing dec oil property security supporters fans amazing
checked pushing instance album guns prior judge dark lil contribution academic leader justice charlie quotes sir
james season gender rate rid eating bastard phrase lines log topics sides base george followed protection seemed
meets insult raised february additional students hour weren feb missed confirm usage numerous natural touch
charge spread nomination accusations update dangerous index road pointed threats plain nazis merge usual inside
somewhat stating behaviour guide approach happening medical green facebook favor persons contributors twice
forever elsewhere hair referred damage learned oppose benefit require fail laugh relationship boys replace dat
alaska battle built creation massive warnings terrorist proud blog destroy brother rude forced professional push
kinda shared football fairly critical votes providing caught unlike treated economy career pointing refers
energy helps constantly introduction degree center bush native individuals compared balls becoming holy forgot
minority busy african paul controversy dealing familiar strongly politicians broken heads economic jew global
license reports bold yankees websites hide product nominated stopped fault throughout fast planet covered hardly
stories censorship studies parties impossible lived lazy constructive walk extra suggestions proposal nasty cat
forum efforts refrain connection hence handle market pull resources central annoying bro tone requested begin
catholic industry format anonymous hundreds opposite identity assuming coverage requires opposed dollars
attacked key animal led losers pillars harassment photos latest cultural expert standing greek birth regard
insane japanese clown california replaced extreme terrible visit passed treat reviewed insert apologize
intelligence attacking tells michael feelings regular risk mainstream friendly development reached reflect track
onto sleep ignored schools sake apart jan newspaper showed absolute conclusion semi huh sell ghetto attempting
associated voters potential continued letting drug influence democratic deserves round aside ten county equal
everywhere sentences careful concerning input correctly belongs credit cry lord rfc tend justify income republic
congress model notes yesterday suggesting tool tests biographies tonight ancient strange shooting christians
crimes park contain letter innocent candidate fill raise stands fascist stuck tomorrow originally birds
furthermore nov defense horrible administration union cold warned permission student ran bigger hesitate
communist perspective dad investigation requests promote match range spelling magazine alt greater advertising
secret continues becomes categories reporting improving arguing carry arrogant serve writer files excellent pop
porn monkey confirmed misleading mistakes option catch washington climate pre map participate attempts feels
citing kick players lady owner england mentions complain animals bag skin demand butt opportunity understood
repeat favorite ended biography refuse burn pig till additions cancer gotten belief beliefs christ decades reach
naming clue mentally goal addressed wide empire cross peer peoples department victims jail village sufficient
subjects constitution believes reads supports express whoever odd began drugs terrorists origin conservatives
alive curious bringing award nations upset analysis opening copied remains cities latter slow trade breaking
piss reasoning incident democracy widely minute merged helped islamic turns interests six interpretation bear
languages learning swear movies gas asian ball prison bar errors chief represent decent blind intelligent wear
signed experienced dates interview location older defending channel counter frankly necessarily treatment
recommend contains increase services dogs wishes verify trolls skills expected quoted reaction contents cute
irish clicking gold object confusing impact wanting label complex victim contrary spending london canadians pain
australia provides bed jack failure door suggests filled activity slightly france wearing pic restored propose
physical document northern wasting translation whenever logical moral unable acts africa accuse cops player
hoping essentially guilty leaders japan gov intention fbi target videos violent theories resolution frequently
compare wake region updated mod terrorism harm blow era applied contributor commons costs worthless hatred
intent driving humans insulting normally larger consistent figures titles socialist unnecessary draw records
beautiful tough located develop recognize spot blocks spanish ethnic ensure toward puppet drunk detailed whore
logged destroyed staff democrat worthy sitting sold offended racial ref appeared seek trans fox repeated
structure radio joe foundation button association equally authors lame brief progress violate island profile fly
secondary mainly chris defined leading ignoring opposition herself identify pretend loss coward awesome
experimenting network apologies confusion artist objective whatsoever chat determine balance crying impression
jump shitty neutrality desire minded selling entitled chose feature overall split iran aka compromise nah gain
foolish responsibility deny eastern vast technology sister expand carefully committee suicide involvement owned
surprise yep mentioning direction gang growing protest promise tom sports bully kingdom allows winning teacher
bye married responded developed losing allegations educated successful believed master families hero capital
prime bank engage inaccurate largest receive generation cars greatest poorly politically bible improvement blank
arbitration price designed watched allowing turning improved literature bio applies bloody method council screen
existed loves drink machine realized weekend soviet listing grammar benefits raped draft nuts forces largely
clarify responding workers systems design justin significance powerful accusing library recall scale leftist
conduct league commercial levels scared billion agreement proves professor committed finished encourage
explicitly starts feedback maintain shortly childish fired values ideology credible criminals smoke flat alleged
wild comparison technically holding differences verified roman challenge environment minister candidates summer
jun ride positions aspects linking decisions powers weed southern horse disputed versions colored tiny mere
mexico closer bands dictionary plot entries corrected doctor fraud nowhere store seven success owners ought
reviews submission korea buddy radical immigration heavy forms throwing enemy robert pissed bought dropped
ireland classic answers wise sending complaint restore metal wales talks follows credibility banning teach cnn
unique tries managed suitable activities unclear steve minimum blacks length arms san violating hang criterion
plans abortion sun archives threatening abusive scene remarks alright exposed causes tools peter journal mate
punk fixing mike software corporate whites daughter screw progressive homosexual production lucky species
highest christianity rise elections core sucking jokes talked officially altered controlled ice israeli insist
heading purposes possibility effects finger dream contributed card iraq hearing taught explains insults projects
britain marriage flying bothered nuclear wonderful unacceptable awful complaining sadly queen weapons laid hates
aspect leads minds jim equivalent profit petty sweet universe songs lock girlfriend oregon hidden empty fed
paste consequences commentary stage adult attempted immigrants informed locked meeting chicago walking exception
hits pointless neo sincerely cheap putin richard citizen grade technical figured television whereas taste assert
william fringe desk specified hilarious math limit discovered closely directed financial picked cast accusation
pdf spirit pieces domain polish sales followers seconds protecting pride speed display loyal nut philosophy
describing apr suddenly effective collection laughing puts corruption river rubbish convinced charges liked
genocide unfair smell lacking ends products constant feed appeal absurd orange heck disputes advance valuable
letters kidding answered editorial apparent soul texas travel thomas kinds homeless proved hating align daddy
meanwhile boring delay opened accuracy kiss documents served worried trial barely apology arab offered station
undo acknowledge listening amendment reduce item justified papers loved latin chosen heavily initial violations
partisan assistance decline function signature kindly engaged produced promotion episodes commonly intellectual
steal emotional organizations ashamed suffer incredibly safety load husband items define politician foot hawaii
imply feet disease hiding fails holder resolve inform scholars enforcement justification scientists russians
commenting forth smaller measure traditional meat fish charles reputation publication trip streets babies
replied documented martin strike objections intro dedicated extent platform humor registered operation
congratulations identified assertion implies training recognized birthday badly spell grand brothers
consideration murdered sole speaks expanded primarily headline enemies tree relatively harder revision boss
fantasy nope causing greatly everyday charged governments genre substantial fell runs unlikely approved options
rare italian promoting cash asia recorded ongoing grounds continuing variety utter anal programs supreme jones
lawyer conditions insurance quoting statistics fund saved soldiers writers lied afford writes planning globe
artists submitted chicken appearance smith stalking films train welfare ryan unknown cult publications enter
utterly superior australian features broad violated royal stone leaves turkish memory narrative syria spoken
determined poster granted methods senate advise responses awards invented ending refused grew hundred sees
represents assumed integrity establish isis signs relations task thrown warn prick destruction dollar healthcare
leadership purely traffic fiction solve window alex moves mistaken crowd historic nose debt qualify testing
pretending balanced district secondly connected formal virtually deliberately suffering fresh bernie resolved
queer width fought serving constitutes revolution bull evolution reviewing rates adults vehicle teachers outcome
communities employees judgement thousand mexican honor cutting hoax jason hindu incidents traitor remind
christmas calm admitted expensive respected convince questionable materials publicly moreover demonstrate mixed
speculation sight trivial backed relation denied bullying mission humanity governor naturally factor portland
introduced rarely capable sheep distinction grown passing scary virgin additionally effectively gross suit freak
vague specify font threatened tech circumstances problematic focused filthy territory poll addresses wealth
headed florida merit drinking director meaningless teaching indicates physics mediation creator roll supposedly
rational silence freely crisis genuine presence carried intentions loose cats ruin ship chick commented square
turkey housing scope division disgrace adds behalf toxic potentially invite brand fashion critics polite budget
print finish holocaust karma arrested uncle abused pump principle loving hadn dozen corporations dying officials
planned hated offense serves stars conventions deaths openly pulled officer internal bomb experts productive
exchange addressing females falls vertical parent funding setting presidential permanent performance newspapers
homes rejected expressed anger redundant describes covers similarly ring medicine personality depends compose
outright damned supply engine buying stance ownership formed yourselves plays achieve lately implying devil
objection meaningful beer mirror legally coffee steps camp preferred aggressive elements mayor coast seeking
sorts armed prepared coupled heat differently deeply portion creative capacity flow threaten satisfy inserted
hollywood sharing pregnant involving ontario intend tactics boyfriend driven chapter founder instructions
advantage hospital communism teams communication remark remaining permanently proving screwed pressure picking
sport baseball edition invited novel fourth pigs growth combined owns expansion tips conclusions dance
disruption hanging pattern disaster returned submit ourselves giant ultimately column spin unit joined kicked
socialism regime scott matches regarded height homo solely loud limits host victory typically cleaning sunday
failing prominent assumption audience ages definitions unrelated script bodies occurred terror commit depth
pakistan slowly lgbt founded reduced favour pushed outta retired hunt circle flight authorities jimmy brings
bridge bastards dubious promotional raising younger seat adam slavery hill folk denial wins condition affect
amazon marked aircraft complaints saving faced chan percent supporter regularly wind destroying rely frank score
heritage chill audio albums fundamental nationalist privilege management amounts viewed introduce register
contained thin publish forgive explanations tony publisher illness notion sanders billions reminds lonely
indefinitely narrow precisely principles resource intentionally historically genuinely universal cleanup
convention pile slap judging accident korean weather reasonably decade province acted advocate pants desperate
punch portal merging punishment crack faces scandal comparing forgotten spreading mock presumably disagreement
translated shape obscure titled italy agent believing reject path increasing danger corner officers youth
lunatic represented labor representative immature argued classes typing requirements minorities amongst assault
declared referencing practices golden auto cheat fits neck notices goddamn germans aids threads realise ironic
revealed eric thru arrogance encouraged toronto plant males filed floor cell hall healthy adopted faster
establishment opposing substance grab initially dislike announced actively essay scholarly arrest harry
economics correction alcohol displayed depending improvements relative cites camera apple clothes legs bite
extensive whilst lesson administrative construction weapon plane rhetoric stock clever duty driver spoke grasp
procedure attached johnson pleasure assessment occur goals entity weasel engaging expression moon nick
publishing sexy logo breaks communists killer closing presidency arts tons prose worldwide magic translate
searching demonstrated domestic pope carbon troops eugene paris lick duck teeth dozens dating brains handed
affected righteous beating entertainment patience substantially shirt poland forums texts anime afghanistan
fictional borders strategy sensitive miles massacre passage distance accurately exercise finds holds receiving
perform unreliable criticisms prices rail choices insulted fields involve liberty cycle smoking recognition pray
zone naked monster surprising relevance accordance epic generations senator ultimate ruling ruined brilliant
marketing revenue worship executive funds dealt harper stealing stays render documentation preference socks
settled approval gary returns warming fuel dress orders attorney requirement andrew shop organized mobile
placing rush trick woke wave notification hostile centuries historian selecting historians counts warm server
employee challenged pink situations agrees performed extended iranian assure puppets replies newcomers nominate
corrections indicated slaves wasted multi elite vile manage emails sooner switch expecting mode falling breath
advanced journalist eight experiences patient relating subsequent contrast sexuality accordingly actor friday
questioning cease urban exclusively senior conference reveal covering shove motivated hint journalism centre
speakers consistently acknowledged chart foul scholar musical viewpoint literal maps legislation doctors
businesses application drivers tradition severe importantly immediate emphasis buildings deals dutch blogs
cheating terminology cheese smile engineering diversity homosexuality completed fascism shocked screaming
obsessed stress strength indians privacy impressed bizarre disney strictly feminist directory overview poverty
sexually essential winter constitutional continually outrage reform alternate temporary residents guard drawn
permitted trusted vice stolen quiet guarantee pair conflicts replacing relationships prince iphone meantime
precise scheme invasion independence edge kevin ladies stats hurts blaming command pizza medium hungry saturday
biology organisation misunderstanding restaurant default origins greece posters indication courts taxpayers
depression countless sand earned labeled flags burning cake replacement embarrassment mary estate scientist
punished surface deserved warrant solved appearing nationality printed symbol promoted excuses jackson thick
classified crash carrying dump tongue dictator daniel freaking handled judgment obtained asks survive volume
significantly defeat offering perceived bound threw identical enforce avoided denying selfish greeks comedy hood
confuse stable kills ruled jordan races attributed occupation proxy phrases specifies palestinian ethnicity
ethics embarrassing anchorage recommended confirmation suspected unfortunate colors pity irony endless increased
dated reviewer complicated praise goodbye persian affairs representation surrounding assumptions syndrome bitter
speaker appointed mueller disabled investigations overwhelming spite derived genius archived offers stood comic
competition root ukraine hack promised funded liking junk valley sets participation decides selected institute
sucker bullet yahoo motives distinct settle genetic naive libel excessive intervention elect greedy units rent
institutions basement chances nowadays investigate silver trained boat reverse communicate firm visible windows
contemporary upper therapy sided rolling lesbian reminder bits enjoyed incredible capitalism percentage camps
remotely contract glass connections snow regional evident subjective miserable incapable actors stephen disorder
clearer objects inherently falsely validity brazil rose visited erase iron paint myth heaven ties masters
reflects mccain joseph sarah amusing stopping facilitate suspended thoroughly legacy harsh guessing persistent
rick singer contested tables refugees outrageous behave qualified attractive deemed declined relate operating
alter spain protests hire theme discrimination marks practical sing forcing copies cultures mountain spelled
combination mature factors observation exclusive matt collect hitting participating hook nevertheless dave
equality captain torture treating stalin navy survey expanding comfortable suspicious concepts models consent
mama studied arbitrary proposing contacted pseudo seemingly bills turks wage educational credits stops bless
likewise parliament thug sometime creates peaceful roads inspired element fame proceed bored dyke bright
eliminate farm developing operations increasingly instances altogether assist gods neighborhood partner brian
writings revenge alert sensible comprehensive wizard reaching anytime hotel briefly nationalism dies studying
journals firstly sale arabs beings unbelievable legislature zealand hunting guidance degrees storm motivation
lawyers rally dirt jealous winner precious zionist europeans rocks corporation ordered satisfied namely
influenced lake worries copying header burden aliens divided infrastructure catholics joining pulling monday
lands sore universities convicted identifying backwards interviews kings spring route stayed nicely lacks
elaborate diet commission constitute comics saudi trees refusing grant computers repeating judges lyrics soft
slave messed bell knock islands kelly disturbing occasionally achieved wrestling tight electoral conversations
rating journalists satan allies sessions investment jumped considers volunteer considerable issued straw blah
resistance boxes timeline android modified goodness descriptions escape cuts reporter coach crew vietnam burned
applicable dropping regions""".split()
)

_ABUSE = """
    fuck shit bitch cunt idiot stupid moron asshole bastard whore slut dick cock pussy faggot fag nigger nigga
    retard retarded loser scum trash garbage pathetic dumb dumbass jackass motherfucker bullshit crap damn prick
    twat wanker douche douchebag imbecile cretin pervert pedo pedophile rapist rape kill die murder hate ugly fat
    pig vermin parasite filth filthy disgusting dyke tranny homo queer kike spic chink gook paki coon jap muzzie
    libtard republitard snowflake clown fool liar traitor nazi terrorist porn penis vagina boobs tits anal cum jerk
    suck worthless coward hypocrite lunatic psycho creep skank hoe hooker thot simp incel cuck arse arsehole
    bollocks tosser ass hell bloody piss shithead shithole dickhead fuckface cocksucker dipshit horseshit batshit
    goddamn chutiya bhenchod madarchod gandu randi harami kutta kamina saala bhosdike lund kys stoopid
""".split()


def _with_endings(stem: str) -> Iterator[str]:
    """The stem and what it becomes; some of it makes no word, which does no harm."""
    yield stem
    yield stem + ("es" if stem.endswith(("s", "sh", "ch", "x")) else "s")
    short = stem.removesuffix("e")
    doubled = stem + stem[-1] if re.search(r"[^aeiou][aeiou][bdgmnpt]$", stem) else short
    for ending in ("er", "ers", "ed", "ing", "in", "y"):
        yield doubled + ending
        yield short + ending
    for ending in ("head", "heads", "ty"):
        yield stem + ending


ABUSE = dict.fromkeys(word for stem in _ABUSE for word in _with_endings(stem) if len(word) > 2)
"""Abusive stems with their endings, the usual first."""

RANK = {word: place for place, word in reversed(list(enumerate((*COMMON, *ABUSE))))}
"""Every known word, with its place by frequency (0 the commonest)."""
