"""What reading a language asks of its subtitles: limits, and the words that breaks depend on.

Data, in one table; nothing here decides.
"""

import functools
from dataclasses import dataclass

from qasr_cli.core.language.languages import TRADITIONAL, language_from_model
from qasr_cli.core.language.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How much a reader of a language can take in, and where its sentences may be broken.

    Attributes:
        limits: of size and time.
        conjunctions, prepositions: a line is well begun with these, and badly ended.
        function_words: articles, possessives, pronouns, auxiliaries: a line is badly ended with
            them.
        determiners: those of them that begin something: a line may.
        verbs: those of them that begin what is said of the subject: a line may.
        bound_words: a line is badly begun with these, which lean on the word before.
        leaders: a line is better not ended with these, which lean on the word behind.
        clause_endings: how the last word of a clause ends, where clauses are joined by endings.
        relatives: what a clause begins with that belongs to the very words before it, where every
            clause has its comma.
        abbreviations: words whose full stop ends no sentence, without the stop.
    """

    limits: Limits
    conjunctions: frozenset[str]
    prepositions: frozenset[str]
    function_words: frozenset[str]
    determiners: frozenset[str]
    verbs: frozenset[str]
    bound_words: frozenset[str]
    leaders: frozenset[str]
    clause_endings: frozenset[str]
    relatives: frozenset[str]
    abbreviations: frozenset[str]


# Source of the limits: Netflix Timed Text Style Guides (per language; reading speeds of the
# versions for the deaf and hard of hearing, since our text is verbatim; two frames at 24 fps
# between cues, and no gap of 3 to 11 frames but in Japanese; with or without a space behind the
# hyphen of two speakers). None is published for Cantonese: it reads like Chinese.
_COLUMNS = (
    "line_chars",
    "chars_per_s",
    "line_count",
    "min_duration_ms",
    "max_duration_ms",
    "gap_ms",
    "chain_ms",
    "char_columns",
    "second_line_cost",
    "dash_space",
)
#             line   chars  line   min  max   gap  chain  char     second  dash
#             chars  /s     count  ms   ms    ms   ms     columns  line    space
_LIMITS = {
    "English":    (42, 20, 2, 833, 7000, 84, 500, 1,  2, 0),
    "German":     (42, 20, 2, 833, 7000, 84, 500, 1,  2, 0),
    "French":     (42, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Spanish":    (42, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Portuguese": (42, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Italian":    (42, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Russian":    (39, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Chinese":    (16, 11, 2, 833, 7000, 84, 500, 2, 25, 0),  # simplified
    TRADITIONAL:  (16, 11, 2, 833, 7000, 84, 500, 2, 25, 0),
    "Cantonese":  (16, 11, 2, 833, 7000, 84, 500, 2, 25, 0),
    "Japanese":   (13,  7, 2, 500, 7000, 84,   0, 2,  2, 0),
    "Korean":     (16, 14, 2, 833, 7000, 84, 500, 2,  2, 1),
    "Thai":       (35, 17, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Arabic":     (42, 20, 2, 833, 7000, 84, 500, 1,  2, 1),
    "Hindi":      (42, 22, 2, 833, 7000, 84, 500, 1,  2, 0),
    "":           (42, 17, 2, 833, 7000, 84, 500, 1,  2, 0),  # every other language
}  # fmt: skip

# A form that ends in an apostrophe stands for every word that begins so: l' for l'homme.
_CONJUNCTIONS = {
    "English": "and but or nor so because although though while when where which who that if "
    "unless until since whereas",
    "German": "und aber oder denn sondern weil obwohl während wenn als wo dass ob damit bevor "
    "nachdem sodass falls sobald solange indem sowie",
    "French": "et mais ou donc car ni parce puisque puisqu' quand lorsque lorsqu' que qu' qui "
    "dont où si s'il s'ils comme tandis afin alors",
    "Spanish": "y e pero o u ni porque aunque cuando donde que quien quienes si mientras como sino "
    "pues cual cuales",
    "Portuguese": "e mas ou nem porque embora quando onde que quem se enquanto como pois portanto",
    "Italian": "e ed ma o oppure né perché sebbene quando dove dov' che ch' chi se mentre come "
    "anche affinché quindi cui",
    "Russian": "и а но или что чтобы потому когда где который которая которое которые которого "
    "которой которых если хотя пока как поэтому",
    "Chinese": "但是 可是 不过 因为 所以 如果 而且 然后 虽然 或者 还是 以及 并且 只要 只有 除非 "
    "无论 为了 于是 因此 同时",
    TRADITIONAL: "但是 可是 不過 因為 所以 如果 而且 然後 雖然 或者 還是 以及 並且 只要 只有 除非 "
    "無論 為了 於是 因此 同時",
    "Cantonese": "但係 不過 因為 所以 如果 而且 跟住 然後 雖然 或者 定係 同埋 即係 於是 因此 "
    "除非 無論 為咗",
    "Japanese": "しかし だから そして でも また それで けれども ただし つまり 例えば なぜなら "
    "そこで ところが それから しかも",
    "Korean": "그리고 그러나 하지만 그런데 그래서 왜냐하면 또는 및 그러니까 만약 따라서 또한 혹은",
}
_PREPOSITIONS = {
    "English": "as than before after with without from for in on at by to of into onto about over "
    "under between through during against among across around behind beyond toward towards "
    "within upon like",
    "German": "in im ins an am ans auf aufs aus bei beim mit nach von vom vor für über unter durch "
    "um gegen ohne zu zum zur zwischen hinter neben seit wegen trotz bis",
    "French": "de d' du des à au aux en dans sur sous pour par avec sans vers chez entre pendant "
    "depuis contre avant après jusqu' jusque dès selon",
    "Spanish": "de del a al en con por para sin sobre desde hasta entre hacia contra según durante "
    "tras ante bajo",
    "Portuguese": "de do da dos das em no na nos nas num numa com por pelo pela pelos pelas para "
    "sem sobre desde até entre contra durante a ao à aos às sob após",
    "Italian": "di del dello della dell' dei degli delle d' a al allo alla all' ai agli alle da "
    "dal dallo dalla dall' dai in nel nello nella nell' nei nelle con per su sul sulla sull' sui "
    "tra fra senza verso durante contro dopo prima fino",
    "Russian": "в во на с со к ко о об обо от до из за по под над при для без у через между перед "
    "после против около из-за",
}
# Articles, possessives, pronouns.
_DETERMINERS = {
    "English": "a an the my your his her its our their this these those every each i you he she "
    "we they it's i'm that's there there's you're we're they're he's she's what what's how i've "
    "we've you've they've i'll we'll you'll i'd two three four five six seven eight nine ten "
    "hundred thousand million",
    "German": "der die das den dem des ein eine einen einem einer eines kein keine keinen keiner "
    "mein meine meinen meiner dein deine sein seine seinen seiner ihr ihre ihren ihrem ihrer "
    "unser unsere dieser diese dieses diesem diesen jeder jede jedes ich du er sie es wir man "
    "zwei drei vier fünf sechs sieben acht neun zehn zwanzig hundert tausend",
    "French": "le la les l' un une je j' tu il elle on nous vous ils elles ce c' cette cet ces "
    "mon ma mes son sa ses ton ta tes leur leurs notre nos votre vos chaque quel quelle quels "
    "quelles deux trois quatre cinq six sept huit neuf dix vingt cent mille",
    "Spanish": "el la los las lo un una unos unas mi mis tu tus su sus nuestro nuestra nuestros "
    "este esta estos estas ese esa esos esas cada yo él ella nosotros ellos usted ustedes "
    "dos tres cuatro cinco seis siete ocho nueve diez veinte cien mil",
    "Portuguese": "o os as um uma uns umas meu minha meus minhas teu tua seu sua seus suas nosso "
    "nossa este esta estes estas esse essa esses essas cada eu ele ela nós eles elas você vocês "
    "dois duas três quatro cinco seis sete oito nove dez vinte cem mil",
    "Italian": "il lo la l' i gli le un uno una un' mio mia miei tuo tua suo sua suoi nostro "
    "nostra questo questa quest' questi queste quello quella quell' ogni io tu lui lei noi loro "
    "due tre quattro cinque sei sette otto nove dieci venti cento mille",
    "Russian": "мой моя моё мои твой твоя свой своя свою его её их наш наша наши этот эта это эти "
    "тот та те каждый каждая я ты он она оно мы вы они два две три четыре пять шесть семь "
    "восемь девять десять двадцать сто тысяча",
}
# Finite auxiliaries and what behaves like them, where the subject stands before them.
_VERBS = {
    "English": "is are was were am has have had do does did will would can could shall should may "
    "might must don't doesn't didn't can't won't isn't aren't wasn't weren't couldn't wouldn't "
    "shouldn't haven't hasn't hadn't",
    "French": "est sont a ont était étaient ai as avons avez avait avaient suis sommes êtes sera "
    "seront serait seraient aura aurait fut peut peuvent doit doivent va vont n'est n'a n'ont "
    "n'était c'est",
    "Spanish": "es son era eran ha han he hemos había habían está están estaba fue fueron será "
    "puede pueden debe deben va van",
    "Portuguese": "é são era eram foi foram tem têm tinha está estão estava será pode podem deve "
    "devem vai vão",
    "Italian": "è sono era erano ho hai ha abbiamo hanno aveva avevano sarà fu può possono deve "
    "devono va vanno",
}
# Negations, clitics, verbs of other languages; in full-width scripts also what ends in such a
# character.
_FUNCTION_WORDS = {
    "English": "be been no not very",
    "German": "ist sind bin bist war waren hat habe haben hast hatte hatten wird werden wurde "
    "kann nicht sehr",
    "French": "ne n' se s' me m' te t' y très plus pas",
    "Spanish": "no se me te le les nos muy más",
    "Portuguese": "não me te lhe nos muito mais",
    "Italian": "non si mi ti ci vi molto più",
    "Russian": "не ни очень",
    "Chinese": "的 和 与 在 把 被 对 从 向 跟 让 给 是 很 不 没 一个 这个 那个",
    TRADITIONAL: "的 和 與 在 把 被 對 從 向 跟 讓 給 是 很 不 沒 一個 這個 那個",
    "Cantonese": "嘅 同 喺 將 俾 對 由 向 係 好 唔 冇 一個 呢個 嗰個",
    "Japanese": "の この その あの どの 同じ こんな そんな あんな という ような しい きい 小さい "
    "古い 高い 長い 若い 白い 黒い 赤い 多い 良い いい",
    "Korean": "이 그 저 한 두 세 네 안 못 더 가장 매우 아주 내 제 우리 모든 어떤 여러 이런 그런",
}

_BOUND_WORDS = {
    "English": "up out off away down back ago old",
    "French": "pas plus rien jamais",
    "Japanese": "している していた して します しました した する される させ いる います いた "
    "いました ある あります なる なった たち さん ちゃん くん さま こと もの ため とき という",
    "Korean": "수 것 것은 것이 것을 것도 거 거예요 거죠 겁니다 건 게 때 때는 때문에 대해 대해서 "
    "대한 위해 위해서 뿐 만큼 정도 중 적 데 줄 채 후 전 뒤 다음에 동안 "
    "전에 후에 뒤에 중에 동안에",
}
# Ordinals and degrees, and auxiliaries of full-width scripts.
_LEADERS = {
    "English": "most more less least first second third fourth fifth sixth last next same",
    "German": "mehr meisten ersten zweiten dritten vierten letzten nächsten erste zweite dritte",
    "French": "premier première deuxième second seconde troisième moins",
    "Spanish": "primer primera segundo segunda tercer tercera último última mejor mayor",
    "Portuguese": "primeiro primeira segundo segunda terceiro terceira último última menos",
    "Italian": "primo secondo seconda terzo terza ultimo ultima meno",
    "Russian": "самый самая самое самые первый первая первое второй вторая третий третья более "
    "менее",
    "Korean": "첫 번째 첫번째 두번째 세번째",
    "Chinese": "可以 应该 必须 已经 正在 非常 更加 每个 这些 那些 各种 一些 这种 那种 几个",
    TRADITIONAL: "可以 應該 必須 已經 正在 非常 更加 每個 這些 那些 各種 一些 這種 那種 幾個",
    "Cantonese": "可以 應該 必須 已經 非常 每個 呢啲 嗰啲 一啲 呢種 嗰種 幾個",
}
_CLAUSE_ENDINGS = {
    "Japanese": "ので から けど けれど けれども のに たら なら れば ながら",
    "Korean": "고 지만 면 서 는데 은데 인데 니까 때 도록 며 려고 다가 거나 든지 든가",
}
# "карты мест, | где никто не был", "так темно, | что": other commas part more easily.
_RELATIVES = {
    "Russian": "что где куда откуда кто чем чей чья чьё чьи который которая которое которые "
    "которого которой которому которую которым котором которых которыми",
}

# No word that also ends sentences ("etc.", French "Me."); others ("z. B.", "approx.") are told by
# the lower case or the single letters in them.
_EVERYWHERE = "mr mrs ms dr prof st vs"  # foreign names turn up in any text
_ABBREVIATIONS = {
    "English": "jr gen capt lt sgt rev gov mt",
    "German": "dipl ing hr fr str bzw ca evtl ggf bspw",
    "French": "mme mlle mgr",
    "Spanish": "sr sra srta dra",
    "Portuguese": "sr sra dra srta profa",
    "Italian": "sig dott avv ing sigra",
    "Russian": "ул стр проф акад",
}


@functools.lru_cache(maxsize=256)
def profile_of(name: str | None) -> Profile:
    """The profile of a language, or of one script of it; common limits where it has none."""
    known = name if name in _PROFILES else language_from_model(name)
    return _PROFILES.get(known or "", _PROFILES[""])


def _profile(name: str) -> Profile:
    return Profile(
        limits=Limits(**dict(zip(_COLUMNS, _LIMITS.get(name, _LIMITS[""]), strict=True))),
        conjunctions=_words(_CONJUNCTIONS, name),
        prepositions=_words(_PREPOSITIONS, name),
        function_words=_words(_FUNCTION_WORDS, name)
        | _words(_DETERMINERS, name)
        | _words(_VERBS, name),
        determiners=_words(_DETERMINERS, name),
        verbs=_words(_VERBS, name),
        bound_words=_words(_BOUND_WORDS, name),
        leaders=_words(_LEADERS, name),
        clause_endings=_words(_CLAUSE_ENDINGS, name),
        relatives=_words(_RELATIVES, name),
        abbreviations=_words(_ABBREVIATIONS, name) | frozenset(_EVERYWHERE.split()),
    )


def _words(table: dict[str, str], name: str) -> frozenset[str]:
    return frozenset(table.get(name, "").split())


_PROFILES = {name: _profile(name) for name in _LIMITS}
