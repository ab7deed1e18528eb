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
applicable dropping regions awareness banks lunch tour signing jeff wherever alternatives emergency classical
accepting licensing trap allegedly messing privileges struggle frustrated licensed answering dynamic rated
toilet carl coincidence junior employed flawed cook demands staying drag vision masses explicit fingers champion
guilt attend semitic choosing defining agency perception murdering wider absence overly cure verification bike
interpreted promotes nine occasions synthesis containing steam afterwards sector resort bombing plants agencies
sudden psychology gather sucked religions shift acceptance lifetime natives stronger activists grateful stole
chain twisted noting rome impose ears gained tied restoring download outline serbian dynasty alien ordinary
backing malicious hopes marijuana bang swamp ruining selection frustrating refuses manager educate phenomenon
tribe labour sympathy fred harmful tolerate lifestyle shorter pursue sticking boot wwii cleaned throat pleased
occupied disappointed advertisement ambiguous creepy renamed frustration exceptions grave patients rank enjoying
beach colorado merits evening inner harris henry debates promises environmental presenting excited confidence
bent treaty dragon francisco scotland atheist spectrum negro fantastic database courtesy inline biographical
polls shots bombs nerve campus protesting houses pays phil feeding invitation virtue passes holiday unreasonable
scenario anthony analogy shopping unusual banner hockey witch appeals fundamentally soccer confirms boston inch
strict bare stations renaming tricks accidentally legend biological visiting stream observations illustrate
extend declare expose monitor seats needing handful crooked smarter dinner bait regret milk insight wood arabic
tribes scare opponents colour chemical anxiety roots oppression focusing browser conform resident resulting
annual census industrial agents scream celebrity involves demanding sleeping defence roughly brave wipe virginia
suffered lawsuit fewer combat physically metro tolerated distinguish prize presents slight andy reliability
swedish contentious disregard citizenship drawing expense singing olds destructive comply cabinet tactic
regulations digital museum priority downtown versus holes lovely ancestors jumping hired partial rural
controversies twist locations conducted observed microsoft teen nickname reserve tits chair earn painful
participants modify taxpayer socialists begins devoted deliberate entering secretary newly egypt damaging tank
thorough unaware wilson popularity entered cream angle buddies scholarship flip wisdom checks towns merger
armenian descent yankee nominations hebrew invalid immigrant penalty concrete rough airport trend francis stores
worker basketball theirs classification pool truck accomplish approximately maintenance schedule cousin alan
emotions sigh expertise caring priest soldier broadcast practically intentional casual lane targeted muhammad
paranoid incorrectly purchase pocket criticized illegally functions transparent dialogue churches populations
institution avoiding shoes automatic pack magazines researched lengthy filter homework georgia formula suppress
widespread remained sean documentary studio arabia attract obtain serial drives launch priests temporarily
discover clubs attended resulted difficulty adopt select wealthy ford ticket trigger crossed joking arrived
stretch distribution bearing moderate emperor digging generic layout permit lifted branch counted punish ocean
ranking waters bubble fighters squad lesser applying voices lights techniques releases urge revisions academy
complained tale researching partly collaboration disappear neighbors clothing accomplished begun codes
presidents civilians customers talent approve device membership sons collapse demonstrates orthodox satire
psychological movements representing thugs proposals examine feminism flash echo profits bone wholly riding
ideal pokemon selective meta resist visitors questioned slope anthem solutions counting presentation marxist
fruit tragedy heroes launched participated discourse operate saint sample compete baker adequate strikes pilot
cooperation portions wolf sentiment disrupt beef sought bothering triple nonetheless pending soap blunt chest
lover steel touched contradictory stalker authoritative serbia session protesters compliance knee parade
celebrate walker subtle hearts subsequently walked retirement sweden sane plastic wash seasons periods retain
theft controlling mouse libertarian introducing inferior trek guts railway fights instant albeit isbn lincoln
rescue implement cents dreams developers inability silent updates properties jersey spare vegas restrictions
duke caps precedent vacation targets indefinite bugs tracks discusses williams beauty cruel scratch gene salt
painting lastly frame judaism gaming beneficial alberta incomplete ironically testimony denver transgender
deeper leaning facing grey wishing murders advised outlets voter stadium clock mothers forest activist worlds
murderer tolerance stamp highlight fighter maximum keyboard appropriately annoyed prejudice disagreed offence
crystal strip measures revised deciding phase guest photograph grandfather unions blowing meanings allah
assembly rotten ours circles loses ideological react bond mommy collective bishop uncomfortable bears relatives
viewing agreeing ohio expressing prepare academics gift consistency affiliated someday motion kong passive
cartoon fortunately relates concert stalk mathematics awkward reception ping insignificant electric garden
witness santa venezuela sovereign doors returning employment weekly parasites equipment larry representatives
mocking successfully surgery marry admits dust wine incorporated generated fascinating unsure defines charts
yelling interpret tall tends occurs ukrainian findings myspace awhile scottish interpretations taylor charity
underlying ratings increases greed diseases preserve meetings anglo slightest encouraging terribly desperately
simplified dismissed chooses crucial apartment mile mood publicity knife ignores aimed explore teenagers
ancestry dismiss encountered shadow string washed sloppy preferences inevitable indicating lift childhood eats
edward debating convincing guardian singles favourite orientation killers treason horror michigan reactions
margin shocking delivered insisting divide contempt ratio sarcasm barack penny pound partially rage sanctions
reminded lips maintaining accountable ghost breed extension processes shake hypothesis markets accessible cyber
oxford spoiled filling alexander duplicate noteworthy clarified vehicles ethical insanity viable obsession
buried boards doctrine disagreements singh linguistic impressive sisters nationalists photographs clarity
executed associate temple donate comprehend territories defeated khan scrutiny reflected evidently gallery
moderator morally sincere thirsty hobby macedonia recognised searches attitudes profound rats noble tendency
backs committing spends joint vanity predator differ stink graduate excluded coal comfort diverse shower virtual
tape respective removes trail rolls sounding bars louis flies engineer discovery prohibited moore defended cards
advocates cared admire ultra skill interaction rice chicks characteristics hairy sorted authentic crown steven
transit teachings cherry congressional tower lowest conclude shooter fathers quebec ministry affordable seattle
maintained challenging bags shock kennedy thou jury resign atmosphere firing riot autism marine kicking doubts
solar smug davis manipulation hacked philosophical battles exclude entertaining architecture warfare blast
skinny sarcastic researchers momma implied championship angel misunderstood purple newsletter experiments serbs
understands angeles clark lecture hispanic irrational hammer evolved honesty peak occasion noise stake clause
loaded princess tear infinite eliminated transport crook dressed bruce johnny formally imperial candy advocating
jerusalem chase breakfast shout coin concentration chuck temper warrior donkey influential potato spit politely
hardcore conversion rising patrol tail patrick capitalist dominated palestinians liberalism restricted hindus
minimal lewis fancy moments vital rain assets cruz fairness franchise indigenous originated celebrities sacred
mystery geography elizabeth confident tune norm gate recording volunteers caution erased wayne triggered tickets
bust spaces graphic beats dennis goin procedures reversed kosovo collaborative wages port fate govt slide ballot
bathroom blows pipe invest walls welcomed hunter miller skinned labels bowl walks bald commander sufficiently
desert howard alike electricity laden centered nightmare deficit inconsistent reveals mini reign glory raises
rapidly atlantic sack cookie communications fallen blown assigned flood eggs goat imagination hurry chocolate
randomly oldest robot survived caste extensively parody surname kissing legislative ships succeed dignity
spiritual crossing mafia bread proportion artificial broader affair preventing thumb thereby ranks vancouver
weigh defensive struggling enterprise societies imposed authoritarian exposure sized cells kitchen uniform
harvard consult credentials programming medieval tier sounded handling curse pertaining memories wrongly
histories consists translations albanian civilized civilian pollution producer mechanism ottawa lisa relax
elephant stab captured implications beloved einstein chamber halloween parallel passion smells readily pole
palestine hurting golf admitting producing generate founding facility mercy investigated sheer guitar drew
assured automated humble gray castle smack borrowed macedonian turkic enforcing competent sued hurricane
dramatic vicious competitive bankrupt criticizing veteran fairy demographic highway wheel supremacy continent
syrian tens memorial controls grabbing remarkable austin thirty horses principal entities addiction underground
chaos appealing trailer sugar discipline blindly reagan sword rifle beside abilities notified sciences
alternatively visual belt contradiction produces hungarian portuguese actress verse manga elementary toss
villages goods suspicion listened brutal veterans snap outdated mega unfit efficient pardon verbal pockets rapid
dependent newer blew barry coup obligation assassination christopher premise hoped cookies servers warriors
corresponding attracted converted ipad medal struck monkeys expired existent woods alabama breach bros convert
syntax connect marvel netherlands unhappy hong adjective monitoring roles arthur nothin croatian variation
consequence declaration plate pacific pete emotionally drove messy settlement fifth prof monopoly felony fort
construct desired adventure deliver twenty merry happily stubborn textbook closest grammatical breathing bottle
beast dictatorship biblical segment convey quantum descendants honey poison cent query improper judged arguably
styles etymology mathematical serb legislators mandatory currency retire enforced void laughed puerto injury
invaded separated victoria fortune reckless bucks apologized employer dominant stomach symbols appearances
harmless electronic adoption bucket absent revolutionary maker parking awarded switched misery convenient fork
senators sacrifice chemistry imaginary slim darkness crow catching realistic technique banana depressed buck
forbidden chad ottoman smash opponent badge recognise trace habit redskins croatia realised genesis kingdoms
xbox bulgarian isles doom unwilling fees illustrates finance pose substitute transition customer withdraw ease
reflection gathering craig crop temperature profession exciting wiped embrace unfamiliar tears prostitute noun
respectful motive considerably treats developer locals secure islamist slang gravity amazed blamed wondered geek
manners mighty grass satisfaction graham passages signal plural patterns harassed logs rabbit gossip compliment
batman dialect genres faithful essence wedding reward interact savage courage implication provinces labeling
sanity operated frequent luke gladly flesh creatures thoughtful graduated beaten requiring functioning daughters
bonus confirming choke oversight concluded rachel announce slip reserved vocal abuses factory rope thursday
virus searched beta musicians martial clicked excluding venue observer knight emphasize rapper patriot
traditions wright exceptional vatican credited shallow icon killings instantly producers homeland manipulate
gaza rolled gains clan jean screwing prayer thief owning devices condemn winners persecution incorporate trains
loads warren glance inherent client bleeding lean phones flame poles midnight severely casualties patent
developments exposing sends billy coat closet stem journey bulk nail cleared inclined cheated commonwealth
potter amateur channels scan pronounced donations canon civilization happiness reducing survival collected grip
morals firearms heroin juvenile panel succeeded injustice manufacturing intense carries risks undoubtedly
opportunities columbia odds typed fuzzy delivery thieves sticks professionals pipeline lynch chasing cheaper
jane estimated hats outstanding ussr losses roger mankind challenges crusade objected socially logging
encourages thereof observe tracking splitting announcement vulgar anna pakistani festival mcdonald frequency
definite thompson tiger invention geographic resolving acid adams babe slapped bullets transfer preach partners
disgust tales eyed mall alongside secular revealing collecting sink farmers undermine swing crawl yard boom
shirts literary easiest fitting unwanted shell entirety asserted touching quest tournament bones africans boots
rocket hospitals rico cloud stranger sequence grace singular geographical preserved juice mountains scores
presently alliance platforms genetics concentrate tommy panties robinson undone infringement password
discouraged drake declaring prophet reporters slaughter portray honour provincial unemployed dragged damaged
dept enabled morality charter forgetting juicy delicious measured personnel facto governing stepping plausible
critique norway immune burns confronted murderers celtic isolated dame nights vastly engines humour volumes
fraction nobel substantive worm alpha continuous addicted afternoon relief courses abandon abstract suited
rankings speculative thesis viewers olympics definitive licking systemic similarities guides cricket specialist
instrument informing nintendo tasks eagle pleasant implemented pill infamous paranoia margaret oath boycott
drain carter disappeared begging rogue doug wore memo generous protestant omitted keen infected prevented crush
caucasian adjust limitations professors eternal firmly clip remote unite wells nervous embarrassed rings flaming
darwin forbid grief mosque neil fooled montana gospel colleagues pronunciation characteristic ross coke creep
lovers critic aryan snake massage earliest overlap orphaned kerry laying employ madness sells barrel manipulated
akin habits conviction boundaries theater recovery adhere strongest organic tastes truths arrive keith gore
injured suits parks ranked faux inhabitants mutual stability portrayed lobby performing stepped machines planes
bases duties holidays conscience traits circular slept shed comparable highlights aviation kitten kansas detroit
aggression oral bisexual carolina longest colonial pregnancy skull restaurants tuesday champions sydney slit
refusal nasa throws notorious positively hungary corps aims universally initiated adequately separately notably
romanian fist placement wholesale vulnerable makeup rebel taiwan payment flames industries moose karl evaluation
avenue outlined atrocities gordon foreigners overseas opens repair bacon unstable divorce friendship financially
demonstrating provoke facilities urgent assessed designated saints alphabet tribal wives affects anderson
blanket neighborhoods branches cheer accompanied cuba emotion overwhelmingly simultaneously disappointing
backward compromised simon pressing lion grandma drinks petition counties fried simpler respectable
communicating composed matthew galaxy disturbed sympathetic dense witnesses dancing attraction philippines
scientology pirate mario manually linguistics flair nearby deadly chin directions dean airlines dime consumption
greg appreciation supportive establishing surrounded fossil plainly fence realizing columns restrict bury
investigating jonathan formerly shoe thankfully smiling cousins dominance dummy brush tragic distributed nato
reviewers residence enormous romance dish curiosity foundations engineers lasting perceive debated furry allen
handy tanks transferred gear herd mythology lawrence beneath tempted indiana aired bash spade glorious marx
popcorn upcoming czech shakespeare photographer slavic navigation bytes albania organisations welcoming
researcher ambassador testament failures michelle patriots dallas remembered sovereignty depend accidents easter
diego sits uber mainland billionaire souls occupy interfere moscow straightforward heated shares wonders
judicial predict underneath solving teens trials resume combine gangs skeptical privately suicidal timing
injuries reinstated statistical neighbor tide custom capture twin unpleasant creature invisible welsh sins
advocacy steady ambiguity waited tested unpopular norman compatible grind sheet pounds kicks pale proudly wire
encounter pops creek attribute whoa sharp sweat buddhist singapore euro persist enjoys guru retrieved poem
variations graphics jefferson interior labelled admission apples vocabulary privileged jurisdiction worrying
seal wildlife quantity mandate estimates headlines sept inviting affiliation clinical formation endorsement
foster albert colleges motor thee bounds taxation printing inadequate mysterious notre buttons inevitably
teenager jerry salute basics roster houston cameras approaches ample oriented blonde myths heterosexual stones
span podcast razor walter giants drops preview derek pornography couch perry opera routinely swallow pets
flowers rampant wears sanctioned irritating neat scenes josh continuously editions anniversary linux indo
provider netflix lessons economically initiative quarter cope brick cave bishops militant counsel eligible
parker centers indirectly nixon trucks difficulties personalities grows rumors salary tire wings insisted
freedoms portugal prevents trends contention uncertain strategic realm cole flaws assess guaranteed publishers
avatar differing brazilian uphold versa systematically theoretical yell tricky systematic frozen achievement
adolf estimate calendar chip insists scroll armenia solo submissions trapped bridges hung elites traditionally
playground roof grandmother outlet consciousness allegiance accountability respects practicing visits hysteria
makers cancelled mans starving picks predicted envy kindness equation theology gaining abroad morgan conscious
cocaine egyptian taliban campaigns repeal certificate resigned invaders prisoners freaks toys shoulder dose
federation gates organize ripped protocol muscle symptoms lebanon worn hamas secrets proposition breathe possess
unofficial grain almighty seeks verses sorting assignment bureau apes hacker anne feminine distinguished inches
noticing knocked brandon butter tense yugoslavia tyler corpse hinduism achievements albanians berlin alumni
collaborate accord keys qualifications atomic mechanics threshold sponsored luckily routine bail stir token
stewart psycho sperm prayers espn spots busted skip knees cable connecting negatively jake backlash epidemic
banking consumer registration targeting salty blessed prone subjected surveillance missile filing networks slick
mild obey teenage profiles manchester refuge crude proclaimed sustainable burger ideals generals identification
cannon circuit dressing certified prevalent specially outlines conflicting recommendations wreck believers aaron
deaf marie nancy licenses mormon pearl spider promptly novels rumor jacket metropolitan bobby twelve yoga
synonymous contexts variant turk para denmark sheen doin agriculture israelis asylum compassion necessity
determination rear unemployment promising philip asleep pills hawaiian horribly premier endorsed wound reduction
fires bunny abandoned relying meter varying concentrated loop priorities backup conventional beard trillion
jungle import discount futile hosted sauce limiting bend cannabis americas funeral lump density overcome shine
identities relies whale laughs staring ally psychotic diamond plug musician saddam magnitude diplomatic dumped
devote bass miami societal compound jacob respectively expectations draws debut interactions denies eaten
liberation hosts shaped loan satellite hardware praising chapters danny kyle fusion chronology focuses samuel
separation outlook functional payments fiscal demanded revelation rivers demographics mount libya outraged
coaches mining demonstration phoenix leak discourage patriotic airline disgusted strangers romantic starters
accounting fond invading bureaucracy belonging coalition illustrated sandy expenses sober aunt confront arizona
restoration applications purchased wrap sandwich fishing dissent operates secretly practiced restriction fries
enable assaulted athletes equals displays constructed rounds acknowledging swift theatre cognitive bump colonies
consequently arena revoked cancel impress tube retained tabloid designer wicked component commentator static
mask insistence unified slash competing leaked cried swearing evidenced glasses shouting traveling lightning
differentiate kentucky licence distorted argues learnt argentina intuitive allied evolutionary creators diagram
armenians influences divisions germanic cinema descriptive inflation assumes naval peers oxygen sentiments
correlation manning confederate raging chronic offenders academia hiring latino closure panic associates
negotiate proponents inquiry chunk rooms mixing spray equations activism asset populated empathy parameters
iraqi willingness radiation aged qaeda eliminating tackle russell celebrated inflammatory lifting doubtful
monsters internationally featuring smooth footage neglect willy cyclists dash eager faults defender olympic mill
landing bench interviewed output matrix maturity zombie prey peterson statue convenience disguised contributes
distant stunt follower queens consist popped prohibits vary extraordinary reasoned broadly slant modification
shaking romans finland highlighted cotton tamil farms fraudulent regulation ward transportation flynn
appointment donated messenger protections install purposely whichever govern lighter sheriff preaching shelter
metric misses reich evaluate flock numbered firearm occasional corn prostitution outcomes vaccines outing invade
supplied utah obscene campaigning prefers feather shipping districts disclosure pledge wrapped offices desires
defamation parasite cruise exit conjecture stumbled naughty forming deported contacts classify anarchist couples
inspiration cows releasing gulf destiny saves abraham departments twinkle castro composition probability curve
gamer mentor benjamin pressed mechanical towers coined preparing designation polling phenomena sneak amended
ideally prominence oscar austria accent guessed piracy norwegian continental maria rihanna migration mane
billboard insertion hindi rugby somethin adjusted threatens ministers suspects purge hostility demo humanitarian
mouths airplane culturally respecting safer prosecuted quietly commentators compelling vietnamese forty tolerant
thankful tourists innocence burnt elderly strings helicopter montreal bath treasure rallies comprehension
hosting extinct boost validation trading humorous chips pistol variable troubles wednesday unlimited oppressive
shoots recommendation drown opposes sinking clearing colony stripped guests oriental bosnia gentle cambridge
antics perspectives backgrounds kate breeding shade minnesota thailand todd clients chairman rejecting
attributes italians pasta shortened acquired crank hierarchy initiate monarchy dual independently floating shave
ruler murphy dawn autobiography continuity aforementioned inactive animation danish kurdish kanye subsidies
usable genes migrants amanda venture polar coherent iowa dylan safely prohibition leary fold sour meal
structures comrade determining shutting condemned hacking integrated passionate fabricated quran collins reset
fuels murray concealed grocery travelling tourism mars grants fears installed watson fifa remedy teaches cameron
unto leaks illinois posing prop persecuted faculty mason occurring scripts rubber waves recover soup identifies
informal summarized absorbed praised bedroom amber enthusiastic mildly waking pennsylvania lest ronald layer
sphere voluntary silenced catholicism trimmed fantasies nude talented beans superiority evade mohammed
commitment oklahoma execution salad possession robin dealer randy shapiro rejection micro outer binary guinea
swiss qualification nursing pirates exile rainy survivors satisfactory paradox framework buddha romania
participant noah interface precision logos vaguely dialects assyrian bibliography themes tendencies predictions
household speeches rigged cheek electorate differs marching stressed constituents belonged intact apartheid
caldwell listings comparisons descended waving rand suppression fluid lawsuits institutional superficial unarmed
receives bravo intellect favors loyalty lectures attending passport storage whip discretion whipped philosopher
tribute mann creativity mister tourist faulty interference meters cartoons supplies jealousy carrier curb
misconduct toes gentleman dominate orleans gathered correspond stroke prominently subway rendered emerging fleet
leap destroys earl lucas inclusive jihad bore figuring uprising trademark jazz arranged kurt hans introductory
poet bulgaria experimental proto unspecified illustration marxism pitch vested cliff horrific commissioner
enacted favorites farther breast interfering freshman romney sullivan spirited investors workplace skilled
ritual foods ordering reaches arrow encouragement caribbean damages cooked slam sham disability unconstitutional
settings riots owes thatcher spokesman custody luxury conquest breakdown hormones carpet sweep webster surplus
dominating hopeless matching uncommon affecting shorts litter harvey businessman ruins rebels mute qualities
dreaming amend pushes surrender unity gentlemen yank shady characterization illusion suffers combining
expressions marshall projection sikh goose prostitutes surprisingly legitimacy doomed touches mines trafficking
asserting deeds lasted pepper nipples overlooked dammit cleveland twilight sums mistakenly analyze goofy locate
similarity blogger programme examination earthquake kent stuffed oliver poetry frog lone twins demon malaysia
floyd byzantine operator eddie dragons parameter switzerland azerbaijan variants wisconsin governed franklin
founders millionaire overturned charities mutually profoundly pension flights sworn tension boundary invested
esteem duly reduces departure enabling witnessed playoffs hussein upgrade missiles aftermath piano profitable
stamps hooked distract glaring alias confrontation upside garage calculated honorable insufficient earning
senses graduation integral utility confess beatles buys issuing repeats kathleen weakness dangers passenger
efficiency accomplishments alice plague incentive jose hysterical notwithstanding sanchez reminding disorders
inequality betrayed expects throne execute bonds induced detect suppressed kenya treatments landed baltimore
clips approaching scheduled dots graph shops popping policing stern kirk desirable spinning tropical conquered
swimming vain puzzled jeremy designs magical missouri chains jesse boil tennis embassy attach recruiting boxing
saga retail entertain simpson costume arrows reckon nearest deputy biting responds circus cowboys hail
continuation angels liable consulting ahmed defunct promo peninsula hills adorable stored portrait flaw
translates antonio cyprus dental accidental vegetables commerce arsenal pork soil prevention inflated visa fatal
contracts agreements disclose guise cooking capitol vector melbourne chatting pursuing complexity congressman
hart directors worms royalty terry compilation koreans consumers convictions exhibit exaggerated lust paradise
yemen sunni marginal surviving celebrating distraction deceased arise assisted governmental sunny trips eternity
refugee scripture organ columbus divine militia conservation enthusiasm nelson managers robbed ness delayed
armies casting starter rainbow nike philadelphia translating reportedly spoon lend gradually cowboy chelsea
predominantly shoulders shifted smiley vacuum seeds southeast manufacturers colbert flew voluntarily omar
prosecutor symbolism setup siblings consuming finishing voiced destination verb loosely characterized monetary
nicholas experiencing jessica nurses harmony sixth julian examined gwen libraries parliamentary rulers animated
screams hypothetical depicted acronym vampire superman ceased condom monarch laptop telegraph brit asserts
assistant italics persians georgian raul photography categorized finnish britney heights corrupted influx
coastal believer hamilton demise churchill excess brigade affirmative sanctuary schemes bernstein karen
inexperienced forehead amnesty wolves investing shining liberties footballer painted collar pony statues drafted
starbucks railroad attracts medicare norms slippery happier koch ceremony signaling engagement spoil kitty
barbara wheels cathedral hunters dangerously shah operational nest empires protocols praying terrifying freeze
lobbying outsiders hints prompted prosecution transformation deed spencer addict components boeing retaliation
ruthless mississippi modest sophisticated awaiting exodus careless brad harbor glenn patch broadcasting essays
yards knocking processing fragile hardest algorithms molly chambers campbell maryland hugs bryant puppy hunger
responsibilities madonna stark radar duration detected lynn bites sect prompt poke brooklyn registering orbit
soviets axis deck slapping violently oddly provocative jamie clerk thai studios stereotypes madison roses sweaty
vibe shoved spark legendary consulted sonic organised pulls integrate deception probable recession rebuild
compensation algorithm aggressively trophy wished exempt negotiations indonesia breeds jong await technologies
resignation leaf servants servant gaga enjoyable leather fulfill marriages hollow striking dividing minus
signals illegitimate resentment probation referendum hers vintage juan jackie distracting ducks competence
tortured turner mouthed pour medals directing athlete expectation jets networking reilly flipping extinction
lords slack navigate tearing filming rejects companion catastrophe dire wildly savings posed cynical ferguson
idol bombed trim modifications stabbed accepts guards menu distortion predators tunnel mixture susan mocked
methodology protein cooperate kisses borrow monroe withdrawn artistic cries considerations coins vent spotted
sweeping compiled darker stan pursued montenegro trey indicator inter rises reproduce telephone newton sociology
exclusion cuisine sketch virginity delhi niche austrian cyrus mediterranean charging recognizing lighting
anarchy valued marcus chop leaking gateway chew vomit divorced vein binding amendments royals outfit cigarette
scrap linda hike manufacture overthrow capability economist rides chiefs coding infection isolation luther
cardinal migrant verdict flooding individually buses winds municipal crushed protects packing motorcycle
exploitation colours rightful sabotage exploit advances annually contra seals pilots offender delta celebration
sizes circumstance plea drum cohen rogers cautious fury prohibit malice taxi willingly trauma uranium jeans cage
outsider prosperity unused belgium simplest primitive reflecting segregation anchor stuart mccarthy newest
condoms punched robots monthly stems cooler ranch adventures synonym detrimental wrestler rappers lenin mercury
infant prestigious fulfilling strive renowned tops customs ivan circa umbrella measurement cans mills cape arose
hasty morris subset peacock lineage gothic formats sings accessed kashmir maiden rocky bosnian hezbollah
therapist geometry rotating malik timely belly rescued ensuring diplomacy economies nominee package sewer
prescription obliged whistle incoming broncos explosion grid palm subscribers rental shore sands tapes computing
providers shia shifting enhance ineffective shades endure manufactured achieving corners unexpected trevor
grandparents dramatically trait strangely amazingly intel reserves displaying enhanced atlanta stanley scouts
seed douglas drastically cracked alarm leagues reluctant recordings imagined travels exploited feasible
intersection explode measurements motto flowing ounce structured permits tyrant suspension textbooks multitude
extract authenticity calculations alfred staggering istanbul sporting payroll rebellion tenure quicker parrot
terminated signatures honored dedication carol shadows smiled clicks screens brady workshop stale wounded sierra
commercials brands ralph mitchell dismissal hugely buzz settlers curry explorer interpreting washing breasts
consume eyebrows griffin recreation adopting bangladesh certainty scots retrieve empirical derivative brackets
switching consisted mole implementation coordinates ashley transformed sanskrit yugoslav shane egyptians
buddhism traced authorship grading stages theoretically yelled employers angela behaviors menace mussolini
dragging deadline dodge pursuit stat populace""".split()
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
