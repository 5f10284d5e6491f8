"""Words that no line should part, and words that only lead on to what follows them.

Data, in one table a kind; nothing here decides.
"""

import functools
import re

from qasr_cli.core.language.languages import TRADITIONAL, joins_without_space, language_from_model

# Before the bar how the text ends, after it how it goes on: compound particles, verbs and their
# auxiliaries, complements, things and their counters.
_TIES = {
    "English": r"\b(?:such|as well|as soon|as long|as far)\|as\b|\beach\|other|\beven\|(?:though"
    r"|if)"
    r"|\bin order\|to\b|\b(?:because|instead|kind|sort|a lot|out)\|of\b|\b(?:more|less|rather)"
    r"\|than",
    "German": r"\bzum\|beispiel|\b(?:dutzende|hunderte)(?:\|und\b| und\|)|\b(?:so)\|(?:dass|viel)"
    r"|\bum\|zu\b|\bmehr\|als\b|\bsowohl\|als",
    "French": r"\b(?:parce|alors|tandis|afin|ainsi|pour|avant|bien|dès)\|qu[e']|\bplus\|que\b"
    r"|\bpar\|(?:exemple|rapport)|\b(?:dizaines|centaines)(?:\|et\b| et\|)|\bgrâce\|à|\bil y\|a\b"
    r"|\btout\|(?:le|ce)\b",
    "Spanish": r"\b(?:para|por|ya|antes de|después de|sino|más)\|que\b|\bpor\|(?:ejemplo|eso)"
    r"|\b(?:a pesar|además|antes|después|dentro|cerca)\|de\b|\bsin\|embargo",
    "Portuguese": r"\b(?:para|já|antes de|depois de|mais|desde)\|que\b|\bpor\|(?:exemplo|isso)"
    r"|\b(?:apesar|além|antes|depois|dentro|perto)\|d[aeo]s?\b|\bno\|entanto",
    "Italian": r"\b(?:in modo|prima|più)\|(?:che|di)\b|\bper\|(?:esempio|questo)"
    r"|\b(?:oltre|insieme|grazie|fino|vicino)\|a",
    "Russian": r"(?:потому|так|для того|после того|до того|прежде)\|(?:что|как|чтобы)\b"
    r"|\bв\|(?:том|течение)|\bтак\|же|(?:десятки|сотни)(?:\|и\b| и\|)|\bна\|самом",
    "Chinese": r"\w\|(?:起来|出来|下来|下去|上来|上去|过来|回来|回去|进来|进去"
    r"|出去)(?!\w?的(?:人|时))"
    r"|[一二三四五六七八九十两几百千万第\d]\|[个位条年月日天种本张次件只名岁块点分秒米元号]|\d"
    r"\|[一-龥]"
    r"|\|(?:之[一间后前中下外内]|以[上下内外后前]|左右)|第\|[一二三四五六七八九十\d]"
    r"|越来\|越|没\|有|(?:不|得)\|(?:到|了|出|起|上|下)",
    "Cantonese": r"\w\|(?:起嚟|出嚟|落嚟|落去|上嚟|上去|過嚟|返嚟|返去|入嚟|入去|出去)"
    r"|[一二三四五六七八九十兩幾百千萬第\d]\|[個位條年月日種本張次件隻名歲蚊點分秒米號]|\d\|[一-龥]"
    r"|\|(?:之[一間後前中下]|以[上下內外後前]|左右)|第\|[一二三四五六七八九十\d]|越嚟\|越",
    "Japanese": r"に\|(?:つい[てはも]|よっ|よる|よれ|よりま|関し|関す|関わ|対し|対す|おい|おけ"
    r"|とっ|わたっ"
    r"|わたり|基づ|従っ|加え|向け|伴|際し|応じ|比べ|沿っ|先立|限ら|もかかわ|なっ|なり|なる|かけ)"
    r"|を\|(?:通じ|通し|めぐ|もと|込め|含め|はじめ|除い|踏まえ)"
    r"|と\|(?:し[てた]|いう|いった|いえ|とも|共に|なっ|なり|なる|思[いう]|考え)"
    r"|[てで]\|(?:い[るたなまくけれ]|しま|くだ|くれ|もら|いただ|おり|おる|おい[てた]|おく|おき"
    r"|み[るたてま]"
    r"|き[たまて]|く[るれ]|いっ|いき|あげ|ほし)"
    r"|[のたるい]\|(?:ため|ほう|とき|こと|もの|よう|ところ|まま|はず|わけ|つもり)|く\|(?:なっ"
    r"|なり|なる|ない)"
    r"|か\|もしれ|ば\|(?:なら|なりま|いけ)|第\|[一二三四五六七八九十\d]|\d\|[年月日人つ個本回]",
    # A genitive and its noun; nouns that end so ("회의 시간") stand before another noun, too.
    "Korean": r"[가-힣]의\||고\|(?:있|계[시셔셨신]|싶|말[았고아])|지\|(?:않|못|말)"
    r"|[아어여해와워져려켜겨쳐펴셔돼써줘둬놔내대매배깨춰꿔눠]\|(?:있|보[고니면았는여이자세]|봤"
    r"|봐|본|볼|봅|주[고니면었는시세]"
    r"|줬|줘|준|줄|줍|버[리렸려린릴]|두[고었]|둔|뒀|놓|놨|냈|낸|나[가갔]|갔|가[고는며]|간|갑|왔"
    r"|오[고는며]|온|옵"
    r"|드[리렸린]|드립|졌|지[고는]|진|집니|계[시셨신])"
    r"|수\|[있없]|수[도가는밖에]+\|[있없]|[것거]\|같|적[이도]?\|[있없]|줄\|[알몰]|뿐\|아니|뿐만"
    r"\|아니"
    r"|게\|(?:되|된|됐|돼|될|됩|하[는고여였]|했|한|할|합|만든|만들)|야\|(?:하|한|할|합|했|해|되"
    r"|된|됩)"
    r"|(?:도록|려고)\|(?:하|한|할|합|했|해)|에\|(?:대[해한하]|관[해한하]|의[해한하]|따[라르른]"
    r"|비해)"
    r"|[을를]\|(?:위[해한하]|통[해한하]|비롯)|번째\||[와과]\|함께|필요가\|[있없]|기\|(?:전|위"
    r"|때문)",
}
_TIES[TRADITIONAL] = _TIES["Chinese"].translate(
    str.maketrans("来过进个条种张只岁块点两万后内", "來過進個條種張隻歲塊點兩萬後內")
)

# What begins a sentence or a clause and says nothing alone; "/" between them. Conjunctions may
# stand before.
_OPENERS = {
    "English": "however/for example/for instance/of course/in fact/as you can see/as you know/"
    "as i said/that is/that means/in other words/so/now/then/well/you know/i mean/often/sometimes/"
    "usually/today/actually/instead/therefore/also/again/still/first/second/finally/in the end/"
    "at first/at the same time/on the other hand/by the way/after all/to be honest/frankly/"
    "in short/in general/in particular/meanwhile/moreover/furthermore/besides/indeed/perhaps/maybe/"
    "fortunately/unfortunately/luckily/suddenly/later/yes/no/yeah/okay/right/look/see/oh",
    "German": "zum beispiel/natürlich/das heißt/wie sie sehen/wie gesagt/mit anderen worten/also/"
    "nun/dann/gut/ja/nein/wissen sie/oft/manchmal/heute/eigentlich/stattdessen/deshalb/trotzdem/"
    "außerdem/wieder/erstens/zweitens/schließlich/am ende/zuerst/gleichzeitig/andererseits/"
    "übrigens/ehrlich gesagt/kurz gesagt/inzwischen/vielleicht/leider/plötzlich/später/jedenfalls/"
    "wie ihr seht/in der tat/im gegenteil",
    "French": "par exemple/bien sûr/en fait/comme vous le voyez/c'est-à-dire/autrement dit/alors/"
    "donc/eh bien/bon/vous savez/je veux dire/souvent/parfois/aujourd'hui/en réalité/pourtant/"
    "cependant/aussi/encore/d'abord/ensuite/enfin/finalement/à la fin/au début/en même temps/"
    "d'un autre côté/au fait/après tout/bref/en général/en particulier/de plus/peut-être/"
    "heureusement/malheureusement/soudain/plus tard/oui/non/voilà/puis/en effet/du coup/par contre",
    "Spanish": "por ejemplo/por supuesto/de hecho/como pueden ver/es decir/en otras palabras/"
    "entonces/bueno/pues/ahora/luego/saben/a menudo/a veces/hoy/en realidad/sin embargo/por eso/"
    "además/también/otra vez/primero/segundo/finalmente/al final/al principio/al mismo tiempo/"
    "así que/por otro lado/por cierto/después de todo/en resumen/en general/quizás/tal vez/"
    "afortunadamente/desgraciadamente/de repente/más tarde/sí/no/mira/claro/o sea/por lo tanto",
    "Portuguese": "por exemplo/claro/na verdade/como podem ver/ou seja/isto é/em outras palavras/"
    "então/bem/bom/agora/depois/sabem/muitas vezes/às vezes/hoje/no entanto/por isso/além disso/"
    "também/de novo/primeiro/segundo/finalmente/no final/no início/ao mesmo tempo/por outro lado/"
    "aliás/afinal/em resumo/em geral/talvez/felizmente/infelizmente/de repente/mais tarde/sim/não/"
    "de fato/de facto/portanto/assim",
    "Italian": "per esempio/ad esempio/certo/naturalmente/in realtà/come vedete/cioè/vale a dire/"
    "in altre parole/allora/bene/ora/poi/sapete/spesso/a volte/oggi/tuttavia/però/per questo/"
    "inoltre/anche/di nuovo/prima/infine/alla fine/all'inizio/allo stesso tempo/d'altra parte/"
    "a proposito/dopo tutto/insomma/in generale/forse/fortunatamente/purtroppo/all'improvviso/"
    "più tardi/sì/no/ecco/quindi/in effetti/di fatto",
    "Russian": "например/конечно/на самом деле/как видите/то есть/другими словами/итак/так/ну/"
    "сейчас/теперь/потом/знаете/часто/иногда/сегодня/однако/поэтому/кроме того/также/опять/снова/"
    "во-первых/во-вторых/наконец/в конце концов/сначала/в то же время/с другой стороны/кстати/"
    "в общем/может быть/возможно/к счастью/к сожалению/вдруг/позже/да/нет/вот/значит/скажем/"
    "честно говоря/таким образом/короче говоря",
    "Chinese": "也就是说/换句话说/例如/比如/比如说/譬如/当然/事实上/其实/实际上/因此/所以/于是/"
    "然而/但是/不过/可是/"
    "而且/同时/此外/另外/首先/其次/然后/最后/接着/现在/今天/后来/有时候/有时/通常/总之/总的来说/"
    "一般来说/"
    "简单来说/换言之/也许/可能/幸运的是/不幸的是/突然/对/是的/好/好的/那么/那/你知道/大家知道/"
    "正如大家所见/"
    "如您所见/如你所见/我的意思是/说实话/老实说/与此同时/另一方面/相反/比方说/具体来说",
    "Japanese": "例えば/たとえば/もちろん/実は/実際/つまり/要するに/だから/ですから/そして/"
    "そこで/それで/しかし/"
    "でも/ただ/ただし/また/さらに/そのうえ/同時に/まず/次に/最後に/それから/今/今日/その後/時々/"
    "普段/一般に/"
    "言い換えれば/多分/たぶん/おそらく/幸い/残念ながら/突然/はい/いいえ/さて/では/じゃあ/"
    "ちなみに/一方/逆に/"
    "なので/けれども/ところが/ところで/その結果/ご覧のように/ご覧の通り/このように/特に/結局",
    "Korean": "예를 들어/예를 들면/물론/사실/사실은/즉/다시 말해/다시 말하면/그래서/그러니까/"
    "그리고/그런데/그러나/"
    "하지만/또/또한/게다가/동시에/먼저/우선/다음으로/마지막으로/그다음/지금/오늘/나중에/가끔/"
    "보통/일반적으로/"
    "아마/아마도/다행히/안타깝게도/갑자기/네/아니요/자/그럼/참고로/반면에/반대로/따라서/그러면/"
    "보시다시피/"
    "아시다시피/솔직히/결국/요약하면/특히",
}
_OPENERS["Cantonese"] = (
    "即係話/換句話講/例如/譬如/比如/當然/事實上/其實/因此/所以/於是/但係/不過/而且/同時/另外/"
    "首先/其次/然後/"
    "最後/跟住/而家/今日/後來/有時/通常/總之/可能/突然/係/好/咁/你知道/講真/另一方面"
)
_OPENERS[TRADITIONAL] = _OPENERS["Chinese"].translate(
    str.maketrans(
        "说换话当实际于过时现后来总简单么对见与间别种",
        "說換話當實際於過時現後來總簡單麼對見與間別種",
    )
)
# What puts like things in a row.
_COORDINATORS = {
    "English": "and or",
    "German": "und oder",
    "French": "et ou",
    "Spanish": "y e o u",
    "Portuguese": "e ou",
    "Italian": "e ed o",
    "Russian": "и или",
}
_SIGNS = " \"'“”‘«»„(¿¡[-–—,，、.,;:"


@functools.lru_cache(maxsize=64)
def _tie_of(language: str | None) -> re.Pattern[str] | None:
    pattern = _TIES.get(_known(language, _TIES))
    return None if pattern is None else re.compile(pattern)


@functools.lru_cache(maxsize=64)
def _openers_of(language: str | None) -> frozenset[str]:
    return frozenset(_OPENERS.get(_known(language, _OPENERS), "").split("/")) - {""}


def _known(language: str | None, table: dict[str, str]) -> str:
    return language if language is not None and language in table else _plain(language)


def _plain(language: str | None) -> str:
    return language_from_model(language) or ""


@functools.lru_cache(maxsize=64)
def coordinators_of(language: str | None) -> frozenset[str]:
    """The words of a language that put like things in a row; none where it has no such words."""
    return frozenset(_COORDINATORS.get(_plain(language), "").split())


@functools.lru_cache(maxsize=8192)
def are_tied(left: str, right: str, language: str | None) -> bool:
    """True where two neighbours are one expression, such as a verb and its auxiliary.

    >>> are_tied("설명하고", "있는", "Korean"), are_tied("설명하고", "집에", "Korean")
    (True, False)

    Args:
        left, right: text before and after a place, lower case, without white space there.
        language: full English name, or that of a script of it.
    """
    tie = _tie_of(language)
    return tie is not None and tie.search(f"{left}|{right}") is not None


@functools.lru_cache(maxsize=1024)
def is_opener(phrase: str, language: str | None, conjunctions: frozenset[str]) -> bool:
    """True for a phrase that only leads on to what follows: "but often,".

    >>> is_opener("but often,", "English", frozenset(("and", "but")))
    True

    Args:
        phrase: from one mark of punctuation to the next.
        language: full English name, or that of a script of it.
        conjunctions: of the language, which may stand before or alone.
    """
    bare = " ".join(phrase.lower().replace("’", "'").strip(_SIGNS).split())
    openers = _openers_of(language)
    gap = "" if joins_without_space(language) else " "
    while bare and bare not in openers and bare not in conjunctions:
        heads = (word if word.endswith("'") else word + gap for word in conjunctions)
        head = max(filter(bare.startswith, heads), key=len, default="")
        if not head:
            return False
        bare = bare.removeprefix(head)
    return bare != ""
